"""What a start does, decided before anything is written, and the batch that it then makes or opens. Runs nothing."""
