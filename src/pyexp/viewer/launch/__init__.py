"""Starting a viewer: as a program, or beside running experiments."""
