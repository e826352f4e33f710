"""The hybrid key encapsulation: both halves count, and nothing unacceptable is taken."""

from dataclasses import fields

import pytest
from Crypto.Protocol import DH
from Crypto.PublicKey import MLKEM

from rsachat.crypto.kdf import sha256
from rsachat.crypto.kem import CT_BYTES, EK_BYTES, X_BYTES, HybridKem, HybridKeyPair, KemError
from tests.support.vectors import load

KEM = HybridKem()
INFO = b"rsachat/1 hop"

LOW_ORDER = [
    *(bytes(32), b"\1" + bytes(31)),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    *((n % 2**256).to_bytes(32, "little") for n in (2**255 - 20, 2**255 - 19, 2**255 - 18)),
]
"""Points whose every multiple is zero, also with what is reduced on reading (RFC 7748, 6.1)."""


def test_both_sides_get_the_same_secret() -> None:
    pair = KEM.generate()
    sent = KEM.encapsulate(pair.x, pair.ek, INFO)
    assert (len(pair.x), len(pair.ek)) == (X_BYTES, EK_BYTES)
    assert (len(sent.x), len(sent.ct), len(sent.secret)) == (X_BYTES, CT_BYTES, 64)
    assert pair.decapsulate(sent.x, sent.ct, INFO) == sent.secret


def test_nothing_is_used_twice() -> None:
    pairs = [KEM.generate() for _ in range(2)]
    sent = [KEM.encapsulate(pairs[0].x, pairs[0].ek, INFO) for _ in range(2)]
    for a, b in ((pairs[0].x, pairs[1].x), (pairs[0].ek, pairs[1].ek)):
        assert a != b
    assert sent[0].x != sent[1].x
    assert sent[0].ct != sent[1].ct
    assert sent[0].secret[:32] != sent[1].secret[:32]
    assert sent[0].secret[32:] != sent[1].secret[32:]


@pytest.mark.parametrize("row", load("kem"), ids=lambda row: row["info"])
def test_the_frozen_answers(row: dict[str, str]) -> None:
    pair = HybridKeyPair(
        DH.import_x25519_private_key(bytes.fromhex(row["dh_seed"])),
        MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=bytes.fromhex(row["kem_seed"])),
    )
    assert (pair.x.hex(), sha256(pair.ek).hex()) == (row["x"], row["ek_sha256"])
    x, ct = bytes.fromhex(row["sent_x"]), bytes.fromhex(row["sent_ct"])
    assert pair.decapsulate(x, ct, row["info"].encode()).hex() == row["secret"]


def test_info_separates_the_uses() -> None:
    pair = KEM.generate()
    sent = KEM.encapsulate(pair.x, pair.ek, INFO)
    assert pair.decapsulate(sent.x, sent.ct, b"rsachat/1 e2e")[:32] != sent.secret[:32]


@pytest.mark.parametrize("x", LOW_ORDER, ids=lambda x: x.hex()[:8])
def test_hop_zero_x25519(x: bytes) -> None:
    pair = KEM.generate()
    sent = KEM.encapsulate(pair.x, pair.ek, INFO)
    with pytest.raises(KemError):
        KEM.encapsulate(x, pair.ek, INFO)
    with pytest.raises(KemError):
        pair.decapsulate(x, sent.ct, INFO)


def test_hop_bad_mlkem_ek() -> None:
    pair = KEM.generate()
    over_the_modulus = b"\xff\xff\xff" + pair.ek[3:]
    with pytest.raises(KemError):
        KEM.encapsulate(pair.x, over_the_modulus, INFO)


@pytest.mark.parametrize("change", [-1, 1], ids=["short", "long"])
def test_lengths(change: int) -> None:
    pair = KEM.generate()
    sent = KEM.encapsulate(pair.x, pair.ek, INFO)
    with pytest.raises(KemError):
        KEM.encapsulate(bytes(X_BYTES + change), pair.ek, INFO)
    with pytest.raises(KemError):
        KEM.encapsulate(pair.x, pair.ek[:change] if change < 0 else pair.ek + b"\0", INFO)
    with pytest.raises(KemError):
        pair.decapsulate(bytes(X_BYTES + change), sent.ct, INFO)
    with pytest.raises(KemError):
        pair.decapsulate(sent.x, bytes(CT_BYTES + change), INFO)
    for nothing in (b"", sent.x):
        with pytest.raises(KemError):
            pair.decapsulate(sent.x, nothing, INFO)


@pytest.mark.parametrize("at", [0, 500, CT_BYTES - 1])
def test_an_altered_ciphertext_gives_another_secret(at: int) -> None:
    """Implicit rejection (FIPS 203, 6.3): no error that could be asked for anything."""
    pair = KEM.generate()
    sent = KEM.encapsulate(pair.x, pair.ek, INFO)
    altered = bytearray(sent.ct)
    altered[at] ^= 1
    secret = pair.decapsulate(sent.x, bytes(altered), INFO)
    assert secret[:32] != sent.secret[:32]
    assert secret[32:] == sent.secret[32:]


def test_nothing_secret_is_printed() -> None:
    pair = KEM.generate()
    sent = KEM.encapsulate(pair.x, pair.ek, INFO)
    assert "secret" not in repr(sent)
    assert [field.name for field in fields(sent) if not field.repr] == ["secret"]
    assert "object at" in repr(pair)
