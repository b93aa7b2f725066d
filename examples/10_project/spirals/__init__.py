"""Tell two spirals apart: a small project with an experiment in it."""
