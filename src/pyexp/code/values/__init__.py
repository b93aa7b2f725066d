"""What a run needs of the script beside its module: references, what differs, and what goes by value."""
