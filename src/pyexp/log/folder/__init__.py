"""The folder of a log while processes write to it: where it is now, who else is there, whose turn it is."""
