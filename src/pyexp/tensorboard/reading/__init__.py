"""TensorBoard's files and messages, read without TensorBoard. Knows none of our files."""
