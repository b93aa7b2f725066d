"""From the caller to the file: what waits, and the thread that writes it. Knows no file format."""
