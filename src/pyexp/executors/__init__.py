"""How one run is executed. Knows tasks and outcomes; nothing of batches, scheduling or the terminal."""
