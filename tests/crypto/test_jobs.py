"""Jobs for the workers: they travel, they run, and a bad chunk of any kind is one answer."""

import pickle

import pytest

from rsachat.crypto.jobs import (
    CHUNK,
    DecryptChunks,
    EncryptChunks,
    Priority,
    Sign,
    UnwrapKey,
    chunk_context,
)
from rsachat.crypto.kdf import sha256
from tests.support import keys

pytestmark = pytest.mark.usefixtures("engine")

BOB, BOB_PUBLIC = keys.private("bob"), keys.public("bob")
MH = sha256(b"manifest")
UNIT = BOB_PUBLIC.size


def units_of(data: bytes, first: int = 0, total: int | None = None) -> tuple[bytes, ...]:
    count = -(-len(data) // CHUNK)
    joined = EncryptChunks(BOB_PUBLIC.spki, MH, first, total or first + count, data).run(None)
    assert len(joined) == count * UNIT
    return tuple(joined[at : at + UNIT] for at in range(0, len(joined), UNIT))


def decrypted(units: tuple[bytes, ...], size: int, first: int = 0, mh: bytes = MH) -> bytes | None:
    total = -(-size // CHUNK)
    return DecryptChunks(mh, first, total, size, units).run(BOB)


def test_a_signature_is_made_and_verified() -> None:
    signature = Sign(b"s auth", b"h1").run(keys.private("server"))
    assert keys.public("server").verify(b"s auth", b"h1", signature)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513, 1000])
def test_every_size_around_a_chunks_edge(size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    assert decrypted(units_of(data), size) == data


def test_a_part_from_the_middle() -> None:
    data = bytes(range(256)) * 5
    part = units_of(data[512:1024], first=2, total=5)
    assert decrypted(part, len(data), first=2) == data[512:1024]


def test_the_context_of_a_chunk_is_the_protocols_known_answer() -> None:
    found = b"rsachat/1 chunk\0" + chunk_context(b"\x46" * 32, 1, 4)
    expected = "727361636861742f31206368756e6b00" + "46" * 32 + "0" * 15 + "1" + "0" * 15 + "4"
    assert found.hex() == expected


SIZE = 3 * CHUNK
DATA = bytes(range(256)) * 3
GOOD = units_of(DATA)
SHORT = BOB_PUBLIC.encrypt(b"chunk", chunk_context(MH, 1, 3), bytes(255))
EMPTY = BOB_PUBLIC.encrypt(b"chunk", chunk_context(MH, 1, 3), b"")
OTHER_LABEL = BOB_PUBLIC.encrypt(b"up key", chunk_context(MH, 1, 3), bytes(256))
FLIPPED = GOOD[1][:-1] + bytes([GOOD[1][-1] ^ 1])

BAD_SECOND = {
    "up_chunk_swapped": GOOD[2],
    "up_chunk_duplicate": GOOD[0],
    "up_chunk_flip": FLIPPED,
    "up_chunk_short_plaintext": SHORT,
    "an empty plaintext": EMPTY,
    "another label": OTHER_LABEL,
    "up_chunk_number_ge_n": b"\xff" * UNIT,
    "zero": bytes(UNIT),
    "cut short": GOOD[1][:-1],
    "too long": GOOD[1] + b"\0",
    "nothing": b"",
    "another key's": keys.public("carol").encrypt(b"chunk", chunk_context(MH, 1, 3), bytes(256)),
}


@pytest.mark.parametrize("bad", BAD_SECOND.values(), ids=BAD_SECOND)
def test_one_bad_chunk_spoils_all_and_is_not_told_apart(bad: bytes) -> None:
    assert decrypted((GOOD[0], bad, GOOD[2]), SIZE) is None


def test_another_transfer_place_or_total() -> None:
    assert decrypted(GOOD, SIZE) == DATA
    assert decrypted(GOOD, SIZE, mh=sha256(b"another")) is None
    assert decrypted(GOOD[:2], SIZE, first=1) is None
    assert decrypted(GOOD, SIZE + 1) is None


def test_a_last_chunk_is_as_long_as_the_size_says() -> None:
    units = units_of(bytes(600))
    assert DecryptChunks(MH, 0, 3, 600, units).run(BOB) == bytes(600)
    for size in (599, 601, 513, 768):
        assert DecryptChunks(MH, 0, 3, size, units).run(BOB) is None


JOBS = [
    Sign(b"s auth", b"message"),
    DecryptChunks(MH, 0, 3, SIZE, GOOD),
    EncryptChunks(BOB_PUBLIC.spki, MH, 0, 1, b"canary"),
]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
def test_a_job_travels(job: object) -> None:
    assert pickle.loads(pickle.dumps(job)) == job
    assert "canary" not in repr(job)


@pytest.mark.parametrize("job", JOBS[:2], ids=lambda job: type(job).__name__)
def test_a_worker_without_a_key_says_so(job: Sign | DecryptChunks) -> None:
    with pytest.raises(ValueError, match="no key"):
        job.run(None)


def test_handshakes_go_before_bulk_and_bulk_before_idle() -> None:
    assert sorted(Priority) == [Priority.URGENT, Priority.BULK, Priority.IDLE]


CONTEXT = sha256(b"manifest up to the wrap")


def test_an_envelopes_key_is_unwrapped() -> None:
    file_key = bytes(range(32))
    wrap = BOB_PUBLIC.encrypt(b"up key", CONTEXT, file_key)
    assert pickle.loads(pickle.dumps(UnwrapKey(CONTEXT, wrap))).run(BOB) == file_key


@pytest.mark.parametrize("length", [0, 31, 33, 256])
def test_a_wrap_of_anything_but_32_bytes_is_none(length: int) -> None:
    wrap = BOB_PUBLIC.encrypt(b"up key", CONTEXT, bytes(length))
    assert UnwrapKey(CONTEXT, wrap).run(BOB) is None


def test_a_wrap_of_another_manifest_label_or_key_is_none() -> None:
    good = BOB_PUBLIC.encrypt(b"up key", CONTEXT, bytes(32))
    bad = (
        BOB_PUBLIC.encrypt(b"chunk", CONTEXT, bytes(32)),
        keys.public("carol").encrypt(b"up key", CONTEXT, bytes(32)),
        good[:-1],
        good + b"\0",
        b"\xff" * UNIT,
        bytes(UNIT),
    )
    assert UnwrapKey(sha256(b"other"), good).run(BOB) is None
    assert [UnwrapKey(CONTEXT, wrap).run(BOB) for wrap in bad] == [None] * len(bad)
