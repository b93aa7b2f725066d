"""What is done with whole batches of an experiment: finding one. Knows no runner."""
