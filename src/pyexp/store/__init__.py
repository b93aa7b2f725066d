"""A batch on disk: its folders, files and owner. Knows every file name and nothing of its callers."""
