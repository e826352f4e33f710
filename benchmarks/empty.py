"""A program that does nothing: the floor of what an executable takes to start."""
