"""From a call or a command line to a finished batch. Knows nothing of how a run's process is started."""
