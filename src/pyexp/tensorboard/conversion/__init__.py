"""TensorBoard logs converted to ours."""
