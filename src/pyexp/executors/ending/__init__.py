"""Terminating and killing process trees, also when this process dies first. Knows no executor by name."""
