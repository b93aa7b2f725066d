"""Runs on other machines: what travels, who ends them there, how their files come back. Knows no cluster by name."""
