"""The record cipher: known answers, and every way in which a record may not be the next one."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto.ctr import ctr
from rsachat.crypto.kdf import expand
from rsachat.crypto.record_cipher import RecordCipher

pytestmark = pytest.mark.usefixtures("engine")

KEY = bytes(range(64))
D0 = b"\x42" * 32


def key_of(secret: bytes) -> bytes:
    return expand(secret, b"key", b"", 64)


def test_the_records_of_the_protocols_known_answers() -> None:
    first = RecordCipher(key_of(D0))
    assert first.seal(b"\x04").hex() == "000000118c55eb7a5918e661f6468974d3b3d11adf"
    assert first.seal(b"#hi").hex() == "00000013845df8aa909ef5e9d0f87676d4f52667dc42c6"
    second = RecordCipher(key_of(expand(D0, b"next", b"", 32)))
    assert second.seal(b"\x04").hex() == "0000001152fecf8338b941a101a13eeffd3cde8669"


@given(st.binary(min_size=64, max_size=64), st.lists(st.binary(max_size=70), max_size=6))
def test_it_is_ctr_and_hmac(key: bytes, plaintexts: list[bytes]) -> None:
    """The cipher keeps its states; here is the same without any."""
    cipher, sent = RecordCipher(key), 0
    keystream = ctr(key[:32], bytes(8), bytes(1000))
    for seq, plaintext in enumerate(plaintexts):
        pad = keystream[sent : sent + len(plaintext)]
        ct = bytes(a ^ b for a, b in zip(plaintext, pad, strict=True))
        length = (len(ct) + 16).to_bytes(4, "big")
        tag = hmac.digest(key[32:], seq.to_bytes(8, "big") + length + ct, "sha256")
        assert cipher.seal(plaintext) == length + ct + tag[:16]
        sent += len(ct)


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_what_is_sealed_is_opened(plaintexts: list[bytes]) -> None:
    sealer, opener = RecordCipher(KEY), RecordCipher(KEY)
    for plaintext in plaintexts:
        record = sealer.seal(plaintext)
        assert int.from_bytes(record[:4], "big") == len(record) - 4
        assert opener.open(record[4:]) == plaintext
    assert sealer.records == opener.records == len(plaintexts)
    assert sealer.ciphertext_bytes == opener.ciphertext_bytes == sum(map(len, plaintexts))


def test_the_largest_record() -> None:
    plaintext = bytes(69_632 - 16)
    assert RecordCipher(KEY).open(RecordCipher(KEY).seal(plaintext)[4:]) == plaintext


def bodies(count: int) -> list[bytes]:
    sealer = RecordCipher(KEY)
    return [sealer.seal(bytes([n]) * 5)[4:] for n in range(count)]


def test_a_flip_of_each_bit_is_found_and_changes_nothing() -> None:
    first, second = bodies(2)
    opener = RecordCipher(KEY)
    for bit in range(8 * len(first)):
        damaged = bytearray(first)
        damaged[bit // 8] ^= 1 << bit % 8
        assert opener.open(bytes(damaged)) is None
    assert (opener.records, opener.ciphertext_bytes) == (0, 0)
    assert (opener.open(first), opener.open(second)) == (bytes(5), b"\1" * 5)


@pytest.mark.parametrize("length", range(21))
def test_cut_at_every_byte(length: int) -> None:
    [body] = bodies(1)
    assert RecordCipher(KEY).open(body[:length]) is None


def test_replayed_reordered_dropped() -> None:
    first, second, third = bodies(3)
    opener = RecordCipher(KEY)
    assert opener.open(second) is None
    assert opener.open(first) is not None
    assert opener.open(first) is None
    assert opener.open(third) is None
    assert opener.open(second) is not None


def test_moved_between_tag_and_ciphertext() -> None:
    [body] = bodies(1)
    assert RecordCipher(KEY).open(body + b"\0") is None
    assert RecordCipher(KEY).open(b"\0" + body) is None


@pytest.mark.parametrize("half", [0, 32], ids=["encryption key", "MAC key"])
def test_another_key(half: int) -> None:
    [body] = bodies(1)
    other = bytearray(KEY)
    other[half] ^= 1
    opened = RecordCipher(bytes(other)).open(body)
    assert opened != bytes(5)
    assert (opened is None) is (half == 32)


def test_it_prints_no_key() -> None:
    assert KEY.hex() not in repr(RecordCipher(KEY))
    assert not hasattr(RecordCipher(KEY), "__dict__")
