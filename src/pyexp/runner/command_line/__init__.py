"""The command line and the environment of a start: whose they are, and which settings they give. Knows no batch."""
