"""How the user's code gets to a run: the script as a module, the code of the start. Knows no batch and no executor."""
