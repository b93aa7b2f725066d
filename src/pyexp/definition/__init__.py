"""What an experiment is: a function or a class, its configs, its report, its checkpoints. Nothing here runs it."""
