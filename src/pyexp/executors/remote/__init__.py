"""Runs on other machines: what is sent, how they are terminated, how their files return. Knows no cluster by name."""
