"""Starting a viewer: as a program, or next to running experiments."""
