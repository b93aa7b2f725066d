"""TensorBoard's writer interface, on our event log."""
