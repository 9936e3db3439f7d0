"""Files of leads and events as other tools write them, read as a stream."""
