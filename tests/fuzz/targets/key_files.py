"""The text files of a keys folder: read whole, or refused by KeyFileError with a line or a reason.

Pins of servers, people and names, invitations, and what `join` remembers. Files and folders are
the system's: a reader is given the bytes where it would have opened one.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rsachat.amounts import rfc3339
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import KeyFileError
from rsachat.names import is_client_name, is_name
from rsachat.runtime import defaults, invitations, pins
from rsachat.runtime.pins import Pins

_FOLDER = Path("/")
_FP = fingerprint_text(bytes(range(32)))
_TIME = rfc3339(1_700_000_000_123)


def seeds() -> list[bytes]:
    """Which file it is, then its text."""
    servers = f"127.0.0.1:5 {_FP} tofu {_TIME}\n# a remark\n\nhost:1 {_FP} verified {_TIME}\n"
    peers = f"{_FP} alice {_FP} tofu {_TIME}\n"
    told = f"{_FP} {_FP} alice 2026-01-01T00:00:00+01:00\n"
    invited = f"alice {'ab' * 32} {_TIME}\nbob {'cd' * 32} 2026-01-01T00:00:00Z\n"
    remembered = "server 127.0.0.1:5\nname alice\n"
    texts = (servers, peers, told, invited, remembered)
    extreme = f"alice {'ab' * 32} 0001-01-01T00:00:00+23:59\n"
    return [bytes([kind]) + text.encode() for kind, text in enumerate((*texts, peers * 2))] + [
        b"\x03" + extreme.encode()
    ]


def target(data: bytes) -> None:
    kind, text = data[:1], data[1:]
    with _holding(text):
        _READERS[(kind or b"\0")[0] % len(_READERS)]()


def _read_servers() -> None:
    found = _read(Pins(_FOLDER).servers)
    assert len({pin.address for pin in found}) == len(found)


def _read_peers() -> None:
    found = _read(Pins(_FOLDER).all_peers)
    assert all(is_name(pin.name) for pin in found)
    assert len({(pin.server, pin.fp) for pin in found}) == len(found)
    assert len({(pin.server, pin.name) for pin in found}) == len(found)
    assert all(rfc3339(pin.since_ms) for pin in found)


def _read_names() -> None:
    assert all(is_name(told.name) for told in _read(Pins(_FOLDER).told_names))


def _read_invitations() -> None:
    found = _read(lambda: invitations.read_invitations(_FOLDER, 0))
    assert all(is_client_name(one.name) and len(one.hashed) == 32 for one in found)
    assert all(rfc3339(one.expires_ms) for one in found)


def _read_defaults() -> None:
    try:
        found = defaults.read_defaults(_FOLDER)
    except KeyFileError as error:
        assert error.hint
        return
    assert is_client_name(found.name)


_READERS = (_read_servers, _read_peers, _read_names, _read_invitations, _read_defaults)


def _read(reader: Callable[[], tuple[Any, ...]]) -> tuple[Any, ...]:
    try:
        return reader()
    except KeyFileError as error:
        assert error.what.startswith("line ")
        assert error.hint
        return ()


@contextmanager
def _holding(text: bytes) -> Iterator[None]:
    """Every file of the folder is there and holds `text`."""
    with (
        patch("os.path.lexists", lambda _path: True),
        patch.object(pins, "read_bounded", lambda _path, _limit: text),
        patch.object(invitations, "read_bounded", lambda _path, _limit: text),
        patch.object(defaults, "read_bounded", lambda _path, _limit: text),
    ):
        yield
