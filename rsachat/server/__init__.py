"""The server's core: events in, actions out."""
