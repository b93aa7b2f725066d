"""From the caller to the file: what is pending, and the thread that writes it. Knows no file format."""
