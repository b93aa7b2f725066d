"""What the tests share: waiting, processes, scripts in processes of their own, executors. Knows no test."""
