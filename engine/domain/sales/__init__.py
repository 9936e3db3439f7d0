"""Between marketing and sales: when a lead is ripe, who gets it, by when it is answered, what comes of it."""
