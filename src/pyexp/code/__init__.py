"""How the user's code gets to a run: the code of the start. Knows nothing of batches, logs or executors."""
