"""Files of deals and of costs, as CRMs and spreadsheets write them: read whole, with every problem of every row."""
