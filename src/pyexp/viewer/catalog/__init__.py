"""Which batches and runs there are below a folder. Knows no event log and no web framework."""
