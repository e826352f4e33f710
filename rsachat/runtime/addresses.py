"""Socket addresses and socket errors in words, and the limit of open files.

Opens no socket.
"""

from __future__ import annotations

import contextlib
import errno
import resource
from typing import Any

SocketAddress = tuple[Any, ...]  # (host, port) or (host, port, flow, scope)

_REASONS = {
    errno.ECONNRESET: "connection reset by the other side",
    errno.EPIPE: "the other side has closed the connection",
    errno.ECONNREFUSED: "connection refused: nothing listens there",
    errno.ETIMEDOUT: "timed out: no answer",
    errno.EHOSTUNREACH: "host unreachable",
    errno.ENETUNREACH: "network unreachable",
    errno.ENETDOWN: "the network is down",
}


def reason(error: OSError) -> str:
    """What a socket error means, in words for a person."""
    known = _REASONS.get(error.errno or 0)
    return known or (error.strerror or type(error).__name__).lower()


def host_port(host: str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def format_address(address: SocketAddress) -> str:
    """`1.2.3.4:5` or `[v6]:5`; a mapped IPv4 address as IPv4, a zone left out."""
    host: str = address[0].partition("%")[0]
    if host.startswith("::ffff:") and "." in host:
        host = host.removeprefix("::ffff:")
    return host_port(host, address[1])


def raise_file_limit() -> int:
    """Raise the soft limit of open files to the hard one; returns the limit that holds now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        # Some systems refuse an unlimited number; the old limit is good enough there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
