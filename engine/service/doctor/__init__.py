"""`ripeline doctor`: which practices of lead nurturing this home has, judged from its files and data."""
