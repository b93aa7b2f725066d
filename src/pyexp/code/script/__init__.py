"""The script that was started: which module it is, its guards, and how its module is made in another process."""
