"""The hash that is looked up is the one that would be made."""

import hashlib

import pytest

from rsachat.client.known_hash import KnownHash
from tests.support.uploads import hashed

SEGMENT = 65_536


@pytest.mark.parametrize("size", [0, 5, SEGMENT, SEGMENT + 1, 3 * SEGMENT])
def test_it_is_the_running_hash_at_the_end_of_every_segment(size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    for start in range(0, size + 1, SEGMENT):
        known, made = KnownHash(hashed(data), start), hashlib.sha256(data[:start])
        assert known.digest() == made.digest()
        for at in range(start, size, SEGMENT):
            part = data[at : at + SEGMENT]
            known.update(part)
            made.update(part)
            assert known.digest() == made.digest()
