"""Answers about runs: their logs, configs and output. Knows no web framework."""
