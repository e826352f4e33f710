"""Bytes in, bytes out: the only importer of pycryptodome and of cryptography."""
