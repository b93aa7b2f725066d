"""Reading an event file: what it holds, which records a merged block replaces, and the points themselves."""
