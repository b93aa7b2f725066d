"""The log as JSON lines: its files, writing and reading them. Knows no other format."""
