"""What a person sees on the terminal: progress, output of runs, lists of batches. Knows no decisions or settings."""
