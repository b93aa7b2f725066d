"""How the user's code reaches the process of a run: its script as a module, and the code of the start."""
