"""What outlives a login."""

import random

from rsachat.protocol.chat_context import ProcessMemory
from rsachat.settings import ChatLimits


def memory() -> ProcessMemory:
    return ProcessMemory(random.Random(1).randbytes)


def test_the_fallback_is_a_secret_of_the_process() -> None:
    source = random.Random(1)
    first, second = ProcessMemory(source.randbytes), ProcessMemory(source.randbytes)
    assert len(first.fallback) == 32
    assert first.fallback != second.fallback


def test_a_mid_is_new_once_for_each_sender() -> None:
    seen, limits = memory(), ChatLimits()
    assert seen.is_new(b"alice", b"1", limits)
    assert not seen.is_new(b"alice", b"1", limits)
    assert seen.is_new(b"bob", b"1", limits)


def test_the_last_4096_mids_are_kept() -> None:
    seen, limits = memory(), ChatLimits()
    for number in range(4096):
        assert seen.is_new(b"alice", number.to_bytes(4, "big"), limits)
    assert not seen.is_new(b"alice", bytes(4), limits)
    assert seen.is_new(b"alice", b"one more", limits)
    assert seen.is_new(b"alice", bytes(4), limits)


def test_the_longest_silent_sender_is_forgotten() -> None:
    seen, limits = memory(), ChatLimits(senders=2)
    for sender in (b"a", b"b", b"a", b"c"):
        seen.is_new(sender, b"1", limits)
    assert not seen.is_new(b"a", b"1", limits)
    assert seen.is_new(b"b", b"1", limits)
