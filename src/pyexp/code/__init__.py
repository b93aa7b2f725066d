"""How the user's code reaches the process of a run: its script as a module, what differs from it, the rest by value."""
