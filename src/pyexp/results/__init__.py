"""The results of a batch, read back lazily. Nothing here runs anything."""
