"""The engines beside each other: each takes what the other made, and refuses the same."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import pytest
from Crypto.Hash import SHA256
from Crypto.PublicKey import RSA
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Signature import pss
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.crypto.engine import Engine
from rsachat.crypto.kdf import sha256
from tests.support import engines, keys
from tests.support.wycheproof import cases, raw

LABELS = st.binary(max_size=80)
SIZE = 384
MODULUS = int.from_bytes(keys.public("alice").spki[33:417], "big")
KEY = RSA.import_key(keys.private("alice").to_der())
pairs = pytest.mark.parametrize(("maker", "user"), list(permutations(engines.NAMES, 2)))


def both(*names: str) -> list[Engine]:
    return [engines.engine_named(name) for name in names]


@pairs
@given(label=LABELS, message=st.binary(max_size=SIZE - 66))
def test_what_one_encrypts_the_other_decrypts(
    maker: str, user: str, label: bytes, message: bytes
) -> None:
    one, other = both(maker, user)
    ciphertext = one.public(KEY.public_key()).encrypt(label, message)
    assert len(ciphertext) == SIZE
    assert other.private(KEY).decrypt(label, ciphertext) == message
    assert other.private(KEY).decrypt(label + b"!", ciphertext) is None


@pairs
@given(message=st.binary(max_size=200))
def test_what_one_signs_the_other_verifies(maker: str, user: str, message: bytes) -> None:
    one, other = both(maker, user)
    signature = one.private(KEY).sign(message)
    assert len(signature) == SIZE
    assert other.public(KEY.public_key()).verify(message, signature)
    assert not other.public(KEY.public_key()).verify(message + b"!", signature)


@pairs
@given(
    key=st.binary(min_size=32, max_size=32),
    nonce=st.binary(min_size=8, max_size=8),
    parts=st.lists(st.binary(max_size=70), max_size=8),
)
def test_the_keystreams_are_one(
    maker: str, user: str, key: bytes, nonce: bytes, parts: list[bytes]
) -> None:
    one, other = (found.counter_mode(key, nonce) for found in both(maker, user))
    assert [one(part) for part in parts] == [other(part) for part in parts]


@pairs
@settings(max_examples=60)
@given(
    number=st.one_of(
        st.integers(0, MODULUS - 1),
        st.integers(0, 2**64),
        st.integers(1, 2**64).map(lambda less: MODULUS - less),
    )
)
def test_any_number_is_the_same_nothing(maker: str, user: str, number: int) -> None:
    """Random numbers below the modulus, and those at either end of it."""
    data = number.to_bytes(SIZE, "big")
    for found in both(maker, user):
        assert found.private(KEY).decrypt(b"label", data) is None
        assert found.public(KEY.public_key()).verify(b"message", data) is False


@pytest.mark.parametrize("name", engines.NAMES)
def test_more_than_fits_is_a_value_error(name: str) -> None:
    [found] = both(name)
    with pytest.raises(ValueError):
        found.public(KEY.public_key()).encrypt(b"label", bytes(SIZE - 65))


def masked(data: bytes, seed: bytes) -> bytes:
    """`data` under MGF1-SHA-256 of `seed` (RFC 8017, B.2.1)."""
    mask = b"".join(sha256(seed, n.to_bytes(4, "big")) for n in range(-(-len(data) // 32)))
    return bytes(a ^ b for a, b in zip(data, mask, strict=False))


def oaep_by_hand(block: bytes, first: int = 0) -> bytes:
    """OAEP's last steps over any data block, so that each of its rules can be broken alone."""
    seed = b"\x5a" * 32
    masked_block = masked(block, seed)
    masked_seed = masked(seed, masked_block)
    encoded = int.from_bytes(bytes([first]) + masked_seed + masked_block, "big")
    return int(pow(encoded, 65537, MODULUS)).to_bytes(SIZE, "big")


def broken_paddings() -> dict[str, bytes]:
    label, room = sha256(b"label"), SIZE - 33 - 32
    return {
        "a first byte": oaep_by_hand(label + bytes(room - 2) + b"\1x", first=1),
        "no one": oaep_by_hand(label + bytes(room)),
        "a two for the one": oaep_by_hand(label + bytes(room - 2) + b"\2x"),
        "something before the one": oaep_by_hand(label + bytes(9) + b"\3" + bytes(9) + b"\1x"),
        "another label": oaep_by_hand(sha256(b"lebal") + bytes(room - 2) + b"\1x"),
        "label and padding": oaep_by_hand(bytes(32) + b"\2" * room),
    }


@pytest.mark.parametrize("name", engines.NAMES)
@pytest.mark.parametrize("broken", broken_paddings().values(), ids=broken_paddings())
def test_each_rule_of_the_padding_broken_alone_is_the_same_nothing(
    name: str, broken: bytes
) -> None:
    [found] = both(name)
    assert found.private(KEY).decrypt(b"label", broken) is None


@pytest.mark.parametrize("name", engines.NAMES)
def test_a_padding_by_hand_that_keeps_the_rules_is_opened(name: str) -> None:
    """So the broken ones above are broken by nothing else."""
    [found] = both(name)
    good = oaep_by_hand(sha256(b"label") + bytes(SIZE - 33 - 32 - 2) + b"\1x")
    assert found.private(KEY).decrypt(b"label", good) == b"x"


@pytest.mark.parametrize("name", engines.NAMES)
@pytest.mark.parametrize("salt", [0, 20, 31, 33, 64])
def test_another_salt_length_is_no_signature(name: str, salt: int) -> None:
    [found] = both(name)
    signature = pss.new(KEY, salt_bytes=salt).sign(SHA256.new(b"message"))
    assert not found.public(KEY.public_key()).verify(b"message", signature)


# Published keys, labels, messages, ciphertexts and signatures


@cache
def read(der: bytes) -> RsaKey:
    return RSA.import_key(der)


@pairs
@pytest.mark.parametrize("bits", [3072, 4096])
def test_published_ciphertexts_and_messages(maker: str, user: str, bits: int) -> None:
    one, other = both(maker, user)
    count = 0
    for group, case in cases("Cipher", f"rsa_oaep_{bits}_sha256_mgf1sha256_test"):
        key, label, ciphertext = (
            *(read(raw(group, "privateKeyPkcs8")), raw(case, "label"), raw(case, "ct")),
        )
        found = one.private(key).decrypt(label, ciphertext) if fits(key, ciphertext) else None
        assert found == (raw(case, "msg") if case["result"] == "valid" else None), case["tcId"]
        again = one.public(key.public_key()).encrypt(label, raw(case, "msg"))
        assert other.private(key).decrypt(label, again) == raw(case, "msg"), case["tcId"]
        count += 1
    assert count > 30


@pairs
@pytest.mark.parametrize("bits", [3072, 4096])
def test_published_signatures(maker: str, user: str, bits: int) -> None:
    one, other = both(maker, user)
    count = 0
    for group, case in cases("Signature", f"rsa_pss_{bits}_sha256_mgf1_32_test"):
        key, message, signature = (
            *(read(raw(group, "publicKeyDer")), raw(case, "msg"), raw(case, "sig")),
        )
        expected = case["result"] == "valid"
        if len(signature) == bits // 8:  # another length is refused before an engine is asked
            assert one.public(key).verify(message, signature) is expected, case["tcId"]
            assert other.public(key).verify(message, signature) is expected, case["tcId"]
        count += 1
    assert count > 100


def fits(key: RsaKey, ciphertext: bytes) -> bool:
    """What rsa.py asks before it asks an engine."""
    return len(ciphertext) == key.size_in_bytes() and int.from_bytes(ciphertext, "big") < key.n
