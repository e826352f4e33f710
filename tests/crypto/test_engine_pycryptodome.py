"""pycryptodome's engine draws its padding from where it is told, and from nowhere else."""

from collections.abc import Callable

import pytest
from Crypto.PublicKey import RSA

from rsachat.crypto import engine_pycryptodome as engine
from rsachat.crypto.kdf import sha256
from tests.support import keys

KEY = RSA.import_key(keys.private("alice").to_der())
PUBLIC = KEY.public_key()


def counted(drawn: list[int]) -> Callable[[int], bytes]:
    def random(count: int) -> bytes:
        drawn.append(count)
        return sha256(bytes(len(drawn)))[:count]

    return random


def test_a_ciphertext_takes_one_seed() -> None:
    drawn: list[int] = []
    ciphertext = engine.public(PUBLIC, counted(drawn)).encrypt(b"label", b"message")
    assert drawn == [32]
    assert ciphertext == engine.public(PUBLIC, counted([])).encrypt(b"label", b"message")
    assert engine.private(KEY).decrypt(b"label", ciphertext) == b"message"


def test_a_signature_takes_one_salt() -> None:
    drawn: list[int] = []
    signature = engine.private(KEY, counted(drawn)).sign(b"message")
    assert drawn == [32]
    assert signature == engine.private(KEY, counted([])).sign(b"message")
    assert engine.public(PUBLIC).verify(b"message", signature)


@pytest.mark.parametrize("wrong", [b"", b"lebal", b"label\0"])
def test_another_label_is_nothing(wrong: bytes) -> None:
    ciphertext = engine.public(PUBLIC).encrypt(b"label", b"message")
    assert engine.private(KEY).decrypt(wrong, ciphertext) is None


def test_counter_mode_goes_on_where_it_stopped() -> None:
    whole = engine.counter_mode(bytes(32), bytes(8))(bytes(40))
    parts = engine.counter_mode(bytes(32), bytes(8))
    assert parts(bytes(7)) + parts(bytes(33)) == whole
