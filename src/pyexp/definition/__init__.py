"""What an experiment is: a function or a class, its configs, its report and its checkpoints. Nothing here runs anything."""
