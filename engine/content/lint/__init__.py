"""What mail programs, readers and mailboxes will make of a mail, each subject in a file; `judge` asks them all."""
