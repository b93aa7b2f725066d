"""TensorBoard's files and messages, read without TensorBoard. Knows nothing of our files."""
