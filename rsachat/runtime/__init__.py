"""The edge, shared by every program: loop, sockets, worker processes, keys and files."""
