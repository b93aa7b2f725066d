"""Generated from proto/pyexp/events.proto by `tox -e proto`; nothing here is written by hand."""
