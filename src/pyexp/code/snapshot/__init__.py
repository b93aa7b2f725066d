"""Imports of the code of the start, whatever is edited meanwhile; `install` is the door. Knows no executor."""
