"""What a run needs of the script in addition to its module: references, what differs, and what goes by value."""
