"""Hash, MAC and labelled derivation against published and frozen answers."""

import hashlib
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto import kdf
from tests.support.vectors import load

APPENDIX_B = (
    "389ab05e86ec49785e95716be4b791f9579ab3424b34eaf647d3634cd50e40866"
    "176a99dff0ef75d022ac0dc07a01e411d6b657fb20314b01f325dd263098a3c"
)
PRK = bytes(range(32))


def test_expand_gives_the_answer_of_the_protocol() -> None:
    assert kdf.expand(PRK, b"key", b"", 64).hex() == APPENDIX_B


@pytest.mark.parametrize("row", load("exp"), ids=lambda row: row["label"] or "empty")
def test_expand_gives_the_frozen_answers(row: dict[str, Any]) -> None:
    prk, label, context = bytes.fromhex(row["prk"]), row["label"], bytes.fromhex(row["context"])
    assert kdf.expand(prk, label.encode(), context, row["length"]).hex() == row["out"]


def test_hkdf_gives_the_answer_of_rfc_5869() -> None:
    """Appendix A.1."""
    prk = kdf.extract(bytes(range(13)), b"\x0b" * 22)
    assert prk.hex() == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5"
    okm = kdf.hkdf_expand(prk, bytes(range(0xF0, 0xFA)), 42)
    assert okm.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )


def test_mac_gives_the_answer_of_rfc_4231() -> None:
    """Test case 2."""
    found = kdf.mac(b"Jefe", b"what do ya want for nothing?").hex()
    assert found == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@given(st.binary(max_size=100), st.lists(st.binary(max_size=50), max_size=4))
def test_parts_are_their_join(key: bytes, parts: list[bytes]) -> None:
    whole = b"".join(parts)
    assert kdf.sha256(*parts) == hashlib.sha256(whole).digest()
    assert kdf.mac(key, *parts) == hmac.new(key, whole, "sha256").digest()


@given(st.integers(0, 8160))
def test_a_shorter_output_is_the_beginning_of_a_longer_one(length: int) -> None:
    longest = kdf.expand(PRK, b"key", b"", 8160)
    assert kdf.expand(PRK, b"key", b"", length) == longest[:length]


def test_more_than_hkdf_can_give_is_refused() -> None:
    with pytest.raises(ValueError):
        kdf.expand(PRK, b"key", b"", 8161)


def test_label_context_and_key_each_change_the_output() -> None:
    outputs = {
        kdf.expand(prk, label, context, 32)
        for prk in (PRK, bytes(32))
        for label in (b"key", b"next")
        for context in (b"", b"x")
    }
    assert len(outputs) == 8


def test_a_label_and_its_context_are_held_apart() -> None:
    assert kdf.labelled(b"s auth", b"x") == b"rsachat/1 s auth\0x"
    assert kdf.labelled(b"ab", b"c") != kdf.labelled(b"a", b"bc")


@pytest.mark.parametrize(("a", "b"), [(b"", b""), (b"a", b"a"), (b"a", b"b"), (b"a", b"ab")])
def test_equal(a: bytes, b: bytes) -> None:
    assert kdf.equal(a, b) is (a == b)
