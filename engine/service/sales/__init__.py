"""Between marketing and sales: leads are handed over, answered for, taken back; whom that concerns is told."""
