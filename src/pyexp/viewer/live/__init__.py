"""Pushing news to open pages: what changed, for whom, over which socket."""
