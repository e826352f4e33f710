"""Addresses and errors as people read them."""

import errno
import resource

import pytest

from rsachat.runtime.addresses import format_address, host_port, raise_file_limit, reason


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (("127.0.0.1", 8000), "127.0.0.1:8000"),
        (("::1", 8000, 0, 0), "[::1]:8000"),
        (("2001:db8::1", 1, 0, 0), "[2001:db8::1]:1"),
        (("fe80::1%eth0", 5, 0, 2), "[fe80::1]:5"),
        (("::ffff:192.0.2.7", 65535, 0, 0), "192.0.2.7:65535"),
        (("::ffff:c000:207", 5, 0, 0), "[::ffff:c000:207]:5"),
        (("::", 0, 0, 0), "[::]:0"),
    ],
)
def test_format_address(address: tuple[object, ...], text: str) -> None:
    assert format_address(address) == text


def test_host_port() -> None:
    assert host_port("localhost", 80) == "localhost:80"
    assert host_port("::1", 80) == "[::1]:80"


def test_reasons_are_words() -> None:
    assert "refused" in reason(ConnectionRefusedError(errno.ECONNREFUSED, "x"))
    assert "timed out" in reason(TimeoutError(errno.ETIMEDOUT, "x"))
    assert reason(OSError(errno.EPROTO, "Protocol error")) == "protocol error"
    assert reason(OSError()) == "oserror"


def test_the_file_limit_rises_to_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, soft), hard))
        assert raise_file_limit() == hard
        assert raise_file_limit() == hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
