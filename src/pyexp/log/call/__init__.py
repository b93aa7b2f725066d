"""What happens at the caller: checks, and objects captured as bytes. Knows no queue and no file."""
