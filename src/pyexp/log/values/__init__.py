"""What travels between a logger, a file and a reader. Knows no file format and no thread."""
