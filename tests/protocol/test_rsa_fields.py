"""Lengths of RSA fields: exactly those of the two allowed moduli, nothing between."""

import pytest

from rsachat.errors import ProtocolError
from rsachat.protocol.fields import Reader, v16
from rsachat.protocol.rsa_fields import read_ciphertext, read_signature, read_spki

WRONG = [0, 1, 294, 383, 385, 421, 423, 511, 513, 549, 551]


@pytest.mark.parametrize("length", [422, 550])
def test_spki_of_both_sizes(length: int) -> None:
    assert read_spki(Reader(v16(b"k" * length))) == b"k" * length


@pytest.mark.parametrize("length", WRONG)
def test_spki_of_no_key(length: int) -> None:
    with pytest.raises(ProtocolError):
        read_spki(Reader(v16(b"k" * length)))


@pytest.mark.parametrize(("spki", "length"), [(422, 384), (550, 512)])
def test_signature_is_as_long_as_the_modulus(spki: int, length: int) -> None:
    assert len(read_signature(Reader(v16(b"s" * length)), b"k" * spki)) == length
    for other in {384, 512, *WRONG} - {length}:
        with pytest.raises(ProtocolError):
            read_signature(Reader(v16(b"s" * other)), b"k" * spki)


def test_ciphertext_of_either_modulus() -> None:
    assert len(read_ciphertext(Reader(v16(bytes(384))))) == 384
    assert len(read_ciphertext(Reader(v16(bytes(512))))) == 512
    for other in WRONG:
        with pytest.raises(ProtocolError):
            read_ciphertext(Reader(v16(bytes(other))))
