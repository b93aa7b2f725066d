"""When runs execute, and how many at once. Knows executors and the store; never argv, printing or reports."""
