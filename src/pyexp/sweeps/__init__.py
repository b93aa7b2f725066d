"""From the configs that a user returns to configs that can run: variations, names, checks. Knows no files."""
