"""The version, nothing else: every worker process imports this."""

__version__ = "0.1.0"
