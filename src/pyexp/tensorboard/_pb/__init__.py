"""Generated from proto/pyexp/tensorboard.proto by `tox -e proto`; nothing here is written by hand."""
