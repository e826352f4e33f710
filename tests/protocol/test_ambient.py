"""The ambient is data that a test replaces at will."""

import dataclasses

import pytest

from rsachat.crypto.kem import HybridKem
from rsachat.protocol.ambient import Ambient


def test_it_gives_what_it_was_given() -> None:
    ambient = Ambient(lambda: 1.5, lambda: 1_700_000_000_000, bytes, HybridKem())
    assert (ambient.monotonic(), ambient.wall_ms()) == (1.5, 1_700_000_000_000)
    assert ambient.random(3) == b"\0\0\0"
    with pytest.raises(dataclasses.FrozenInstanceError):
        ambient.wall_ms = int  # type: ignore[misc]
