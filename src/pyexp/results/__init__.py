"""What came of a batch, read back lazily. Nothing here runs anything."""
