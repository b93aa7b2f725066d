"""Executors on this machine: one module for each."""
