"""Imports of the code of the start, whatever is edited meanwhile; `install` is the entry point. Knows no executor."""
