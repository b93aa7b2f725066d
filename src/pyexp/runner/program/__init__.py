"""The program that a person started: the experiments that it declares, and the one viewer that they share."""
