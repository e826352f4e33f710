"""The wire, sans-IO: the same code for both ends."""
