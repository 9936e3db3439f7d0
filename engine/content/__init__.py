"""From template files to the bytes of a mail: compiled once per version, rendered fast for every lead."""
