"""Reports: what came of it all. One file for each, all of the same form, read from roll-ups."""
