"""What the JSON API can do with a home: reading and changing it, one subject a file."""
