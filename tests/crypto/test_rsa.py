"""RSA identities: paddings, sizes, the one encoding, key files and what damage does to them."""

import copy
import pickle
import shutil
import subprocess
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from Crypto.IO import PEM, PKCS8
from Crypto.PublicKey import RSA
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Util.asn1 import DerInteger, DerSequence
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rsachat.crypto.kdf import labelled, sha256
from rsachat.crypto.rsa import (
    KeyFormatError,
    PrivateKey,
    PublicKey,
    WrongPasswordError,
    is_encrypted,
)
from tests.support import keys
from tests.support.vectors import load

ALICE, BOB = keys.private("alice"), keys.private("bob")
PARTS = RSA.import_key(ALICE.to_der())
PASSWORD = "correct horse"
OPENSSL = shutil.which("openssl")
each_engine = pytest.mark.usefixtures("engine")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="the openssl program is not here")


# Signatures


@each_engine
def test_a_signature_is_verified_and_as_long_as_the_modulus() -> None:
    signature = ALICE.sign(b"s auth", b"message")
    assert len(signature) == ALICE.public.size == 384
    assert ALICE.public.verify(b"s auth", b"message", signature)


@each_engine
def test_a_signature_is_for_one_key_label_and_message() -> None:
    signature = ALICE.sign(b"s auth", b"message")
    assert not BOB.public.verify(b"s auth", b"message", signature)
    assert not ALICE.public.verify(b"c auth", b"message", signature)
    assert not ALICE.public.verify(b"s auth", b"messagf", signature)
    assert not ALICE.public.verify(b"s auth\0m", b"essage", signature)


@each_engine
@given(st.integers(0, 8 * 384 - 1))
def test_a_flipped_signature(bit: int) -> None:
    signature = bytearray(ALICE.sign(b"s auth", b"message", bytes))
    signature[bit // 8] ^= 1 << bit % 8
    assert not ALICE.public.verify(b"s auth", b"message", bytes(signature))


def odd_signatures() -> dict[str, bytes]:
    signature = ALICE.sign(b"s auth", b"message")
    number, modulus = int.from_bytes(signature, "big"), int(PARTS.n)
    return {
        "empty": b"",
        "short": signature[1:],
        "long": signature + b"\0",
        "led by a zero": b"\0" + signature,
        "zero": bytes(384),
        "one": bytes(383) + b"\1",
        "the modulus": modulus.to_bytes(384, "big"),
        "all bits": b"\xff" * 384,
        "of a longer key": bytes(512),
        "plus the modulus": ((number + modulus) % 2**3072).to_bytes(384, "big"),
    }


@each_engine
@pytest.mark.parametrize("signature", odd_signatures().values(), ids=odd_signatures())
def test_what_is_no_signature(signature: bytes) -> None:
    assert not ALICE.public.verify(b"s auth", b"message", signature)


@each_engine
@pytest.mark.parametrize("row", load("rsa")["signatures"], ids=lambda row: row["label"])
def test_frozen_signatures(row: dict[str, str]) -> None:
    message, signature = bytes.fromhex(row["message"]), bytes.fromhex(row["signature"])
    assert keys.public(row["signer"]).verify(row["label"].encode(), message, signature)


# Encryption


@each_engine
@pytest.mark.parametrize("length", [0, 1, 32, 256, 318])
def test_what_is_encrypted_is_decrypted(length: int) -> None:
    message = bytes(range(256)) * 2
    ciphertext = BOB.public.encrypt(b"chunk", b"place", message[:length])
    assert len(ciphertext) == BOB.public.size == 384
    assert BOB.decrypt(b"chunk", b"place", ciphertext) == message[:length]


@each_engine
def test_more_than_fits_is_not_encrypted() -> None:
    with pytest.raises(ValueError):
        BOB.public.encrypt(b"chunk", b"", bytes(319))


@each_engine
def test_encryption_is_randomized_and_randomness_can_be_given() -> None:
    first, second = (BOB.public.encrypt(b"chunk", b"", b"same") for _ in range(2))
    assert first != second
    fixed = [BOB.public.encrypt(b"chunk", b"", b"same", bytes) for _ in range(2)]
    assert fixed[0] == fixed[1]
    assert BOB.decrypt(b"chunk", b"", fixed[0]) == b"same"


@each_engine
def test_signatures_are_salted_and_the_salt_can_be_given() -> None:
    """A given source is drawn from by every engine: vectors and simulators hold with each."""
    first, second = (ALICE.sign(b"s auth", b"same") for _ in range(2))
    assert first != second
    fixed = [ALICE.sign(b"s auth", b"same", bytes) for _ in range(2)]
    assert fixed[0] == fixed[1]
    assert ALICE.public.verify(b"s auth", b"same", fixed[0])


@each_engine
def test_a_wrong_label_context_or_key_gives_nothing() -> None:
    ciphertext = BOB.public.encrypt(b"chunk", b"place", b"message")
    assert BOB.decrypt(b"chunk", b"place", ciphertext) == b"message"
    assert BOB.decrypt(b"up key", b"place", ciphertext) is None
    assert BOB.decrypt(b"chunk", b"other", ciphertext) is None
    assert BOB.decrypt(b"chunk\0p", b"lace", ciphertext) is None
    assert ALICE.decrypt(b"chunk", b"place", ciphertext) is None


def odd_ciphertexts() -> dict[str, bytes]:
    ciphertext = ALICE.public.encrypt(b"chunk", b"", b"message")
    number, modulus = int.from_bytes(ciphertext, "big"), int(PARTS.n)
    return {
        "empty": b"",
        "short": ciphertext[:-1],
        "long": ciphertext + b"\0",
        "led by a zero": b"\0" + ciphertext,
        "zero": bytes(384),
        "one": bytes(383) + b"\1",
        "modulus minus one": (modulus - 1).to_bytes(384, "big"),
        "the modulus": modulus.to_bytes(384, "big"),
        "number over the modulus": (modulus + 5).to_bytes(384, "big"),
        "all bits": b"\xff" * 384,
        "plus the modulus": ((number + modulus) % 2**3072).to_bytes(384, "big"),
        "of a longer key": bytes(512),
    }


@each_engine
@pytest.mark.parametrize("ciphertext", odd_ciphertexts().values(), ids=odd_ciphertexts())
def test_every_failure_to_decrypt_is_the_same_nothing(ciphertext: bytes) -> None:
    assert ALICE.decrypt(b"chunk", b"", ciphertext) is None


class Asked:
    """Stands in for an engine's private half: it says so when it is asked."""

    def decrypt(self, label: bytes, ciphertext: bytes) -> bytes | None:
        raise AssertionError("asked the private key")


def test_a_wrong_length_or_number_costs_no_private_operation(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever engine runs: it is not even called."""
    monkeypatch.setattr(ALICE, "_operations", Asked())
    odd = odd_ciphertexts()
    for name in ("empty", "short", "long", "the modulus", "number over the modulus", "all bits"):
        assert ALICE.decrypt(b"chunk", b"", odd[name]) is None
    with pytest.raises(AssertionError):
        ALICE.decrypt(b"chunk", b"", odd["one"])


@each_engine
@given(st.integers(0, 8 * 384 - 1))
def test_a_flipped_ciphertext(bit: int) -> None:
    ciphertext = bytearray(BOB.public.encrypt(b"chunk", b"", b"message", bytes))
    ciphertext[bit // 8] ^= 1 << bit % 8
    assert BOB.decrypt(b"chunk", b"", bytes(ciphertext)) is None


@each_engine
@pytest.mark.parametrize("row", load("rsa")["ciphertexts"], ids=lambda row: row["label"])
def test_frozen_ciphertexts(row: dict[str, str]) -> None:
    context, ciphertext = bytes.fromhex(row["context"]), bytes.fromhex(row["ciphertext"])
    found = keys.private(row["recipient"]).decrypt(row["label"].encode(), context, ciphertext)
    assert found == bytes.fromhex(row["message"])


# Public keys


def spki(n: int, e: int = 65537) -> bytes:
    return RSA.construct((n, e), consistency_check=False).export_key("DER")


def test_a_public_key_and_its_forms() -> None:
    public = ALICE.public
    assert (len(public.spki), public.size, public.bits) == (422, 384, 3072)
    assert PublicKey.from_spki(public.spki) == public
    assert PublicKey.from_pem(public.to_pem()) == public
    assert public.to_pem().endswith(b"-----END PUBLIC KEY-----\n")
    assert (keys.FOLDER / "alice-rsapub.pem").read_bytes() == public.to_pem()


def test_a_key_of_4096_bits() -> None:
    public = PublicKey.from_spki(spki(2**4095 + 1))
    assert (len(public.spki), public.size, public.bits) == (550, 512, 4096)


def test_keys_are_equal_by_their_bytes() -> None:
    assert PublicKey.from_spki(ALICE.public.spki) == ALICE.public
    assert ALICE.public != BOB.public
    assert ALICE.public != ALICE.public.spki
    assert len({ALICE.public, PublicKey.from_spki(ALICE.public.spki), BOB.public}) == 2


@pytest.mark.parametrize("bits", [512, 1024, 2048, 3064, 3071, 3073, 3080, 4095, 4097, 8192])
def test_other_sizes_are_refused(bits: int) -> None:
    der = spki(2 ** (bits - 1) + 1)
    with pytest.raises(KeyFormatError):
        PublicKey.from_spki(der)
    with pytest.raises(KeyFormatError, match=f"RSA of {bits} bits"):
        PublicKey.from_pem(as_pem(der, "PUBLIC KEY"))


@pytest.mark.parametrize("e", [1, 3, 17, 65535, 65539, 2**32 + 1])
def test_other_exponents_are_refused(e: int) -> None:
    der = spki(int(PARTS.n), e)
    for read in (PublicKey.from_spki, lambda der: PublicKey.from_pem(as_pem(der, "PUBLIC KEY"))):
        with pytest.raises(KeyFormatError):
            read(der)


def as_pem(der: bytes, marker: str) -> bytes:
    return PEM.encode(der, marker).encode()


def without_null(der: bytes) -> bytes:
    """The same key with the parameters of its algorithm left out."""
    null = bytes.fromhex("0500")
    at = der.index(null)
    shorter = bytearray(der[:at] + der[at + 2 :])
    shorter[2:4] = (int.from_bytes(shorter[2:4], "big") - 2).to_bytes(2, "big")
    shorter[5] -= 2
    return bytes(shorter)


def second_encodings() -> dict[str, bytes]:
    der = ALICE.public.spki
    return {
        "bytes left over": der + b"\0",
        "cut short": der[:-1],
        "no parameters": without_null(der),
        "PKCS#1": DerSequence([int(PARTS.n), int(PARTS.e)]).encode(),
        "a private key": ALICE.to_der(),
        "another algorithm": der.replace(bytes.fromhex("2a864886f70d010101"), b"\x2a" * 9),
        "RSASSA-PSS": der.replace(bytes.fromhex("f70d010101"), bytes.fromhex("f70d01010a")),
        "a long length": der.replace(b"\x30\x82\x01\xa2", b"\x30\x83\x00\x01\xa2", 1),
        "text": b"-----BEGIN PUBLIC KEY-----",
        "nothing": b"",
    }


@pytest.mark.parametrize("der", second_encodings().values(), ids=second_encodings())
def test_hop_spki_noncanonical(der: bytes) -> None:
    with pytest.raises(KeyFormatError):
        PublicKey.from_spki(der)
    with pytest.raises(KeyFormatError):
        PublicKey.from_pem(as_pem(der, "PUBLIC KEY"))


@given(st.integers(0, 8 * 422 - 1))
def test_a_flipped_public_key_is_refused_or_another_key(bit: int) -> None:
    der = bytearray(ALICE.public.spki)
    der[bit // 8] ^= 1 << bit % 8
    try:
        public = PublicKey.from_spki(bytes(der))
    except KeyFormatError:
        return
    assert public.spki == bytes(der)
    assert public != ALICE.public


@given(st.binary(max_size=600))
def test_random_bytes_are_no_key(data: bytes) -> None:
    readers: list[Callable[[bytes], object]] = [
        *(PublicKey.from_spki, PublicKey.from_pem, PrivateKey.from_der, PrivateKey.from_pem),
        lambda data: PublicKey.from_pem(as_pem(data, "PUBLIC KEY")),
        lambda data: PrivateKey.from_pem(as_pem(data, "PRIVATE KEY")),
        lambda data: PrivateKey.from_pem(as_pem(data, "ENCRYPTED PRIVATE KEY"), PASSWORD),
    ]
    for read in readers:
        with pytest.raises((KeyFormatError, WrongPasswordError)):
            read(data)


# Private keys


def protected(protection: str = "PBKDF2WithHMAC-SHA512AndAES256-CBC", **cost: int) -> bytes:
    """Alice's key under PASSWORD, at a cost that a test can pay, as PKCS#8 DER."""
    cost = cost or {"iteration_count": 1000}
    inner = PKCS8.unwrap(ALICE.to_der()).private_key
    return PKCS8.wrap(inner, RSA.oid, PASSWORD, protection, cost)  # type: ignore[arg-type]


def test_a_private_key_in_clear_and_back() -> None:
    pem = ALICE.to_pem()
    assert pem.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert pem.endswith(b"-----END PRIVATE KEY-----\n")
    assert not is_encrypted(pem)
    assert PrivateKey.from_pem(pem).to_der() == ALICE.to_der()
    assert PrivateKey.from_der(ALICE.to_der()).public == ALICE.public


def test_a_private_key_under_a_password_and_back() -> None:
    pem = ALICE.to_pem(PASSWORD)
    assert is_encrypted(pem)
    assert PrivateKey.from_pem(pem, PASSWORD).to_der() == ALICE.to_der()
    with pytest.raises(WrongPasswordError):
        PrivateKey.from_pem(pem, PASSWORD + "!")


@pytest.mark.parametrize("password", [None, "", "wrong", "correct horse "])
def test_a_missing_or_wrong_password(password: str | None) -> None:
    with pytest.raises(WrongPasswordError):
        PrivateKey.from_pem(as_pem(protected(), "ENCRYPTED PRIVATE KEY"), password)


def test_an_empty_password_protects_nothing_and_is_not_taken() -> None:
    with pytest.raises(ValueError):
        ALICE.to_pem("")


def test_what_is_written_is_what_is_promised() -> None:
    """PBKDF2, 600,000 rounds, HMAC-SHA-512, AES-256-CBC, by their object identifiers."""
    der = PEM.decode(ALICE.to_pem(PASSWORD).decode())[0]
    for part in (
        "06092a864886f70d01050c",
        "0203" + (600_000).to_bytes(3, "big").hex(),
        "06082a864886f70d020b",
        "060960864801650304012a",
    ):
        assert bytes.fromhex(part) in der


def test_scrypt_is_read_too() -> None:
    der = protected("scryptAndAES256-CBC", iteration_count=2**14)
    assert PrivateKey.from_der(der, PASSWORD).public == ALICE.public


BOMBS = {
    "PBKDF2": ("PBKDF2WithHMAC-SHA512AndAES256-CBC", 1000, 2**31 - 1),
    "PBKDF2, over the bound": ("PBKDF2WithHMAC-SHA512AndAES256-CBC", 1000, 10_000_001),
    "scrypt, time": ("scryptAndAES256-CBC", 2**14, 2**30),
    "scrypt, memory": ("scryptAndAES256-CBC", 2**14, 2**22),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_costly_derivation_is_refused_at_once(bomb: tuple[str, int, int]) -> None:
    protection, count, costly = bomb
    der = with_count(protected(protection, iteration_count=count), count, costly)
    start = time.monotonic()
    with pytest.raises(KeyFormatError, match="costs too much"):
        PrivateKey.from_der(der, PASSWORD)
    assert time.monotonic() - start < 0.5


def with_count(der: bytes, old: int, new: int) -> bytes:
    """The file with another number of rounds in it, all lengths around it made right."""
    outer = DerSequence().decode(der)
    scheme = DerSequence().decode(outer[0])
    pbes2 = DerSequence().decode(scheme[1])
    kdf = DerSequence().decode(pbes2[0])
    parameters = DerSequence().decode(kdf[1])
    assert parameters[1] == old
    parameters[1] = DerInteger(new)
    for inner, around, place in (
        *((parameters, kdf, 1), (kdf, pbes2, 0), (pbes2, scheme, 1), (scheme, outer, 0)),
    ):
        around[place] = inner.encode()
    return outer.encode()


def private_der(key: RsaKey) -> bytes:
    return key.export_key("DER", pkcs=8)


def with_exponent_3() -> RsaKey:
    """A private key of 3072 bits with e = 3: of the fixed ones, one whose primes allow it."""
    for name in keys.NAMES:
        key = RSA.import_key(keys.private(name).to_der())
        p, q = int(key.p), int(key.q)
        if p % 3 == q % 3 == 2:
            d = pow(3, -1, (p - 1) * (q - 1))
            return RSA.construct((p * q, 3, d, p, q))
    pytest.skip("no fixed key allows e = 3")


def test_hop_e3_refused() -> None:
    key = with_exponent_3()
    with pytest.raises(KeyFormatError, match="exponent"):
        PrivateKey.from_der(private_der(key))
    with pytest.raises(KeyFormatError):
        PublicKey.from_spki(key.public_key().export_key("DER"))


def test_hop_rsa2048_refused() -> None:
    key = RSA.generate(2048)
    with pytest.raises(KeyFormatError, match="2048 bits"):
        PrivateKey.from_der(private_der(key))
    with pytest.raises(KeyFormatError):
        PublicKey.from_spki(key.public_key().export_key("DER"))
    with pytest.raises(KeyFormatError):
        PrivateKey.generate(2048)


def pkcs1(**changes: int) -> bytes:
    """Alice's PKCS#1 structure with some numbers changed, in PKCS#8."""
    names = ("n", "e", "d", "p", "q", "dp", "dq", "qinv")
    p, q, d = int(PARTS.p), int(PARTS.q), int(PARTS.d)
    numbers = {"n": p * q, "e": 65537, "d": d, "p": p, "q": q, "dp": d % (p - 1)}
    numbers |= {"dq": d % (q - 1), "qinv": pow(q, -1, p)}
    numbers |= changes
    inner = DerSequence([0, *(numbers[name] for name in names)]).encode()
    return PKCS8.wrap(inner, RSA.oid)


OTHER = RSA.import_key(BOB.to_der())
MISMATCHED = {
    "another modulus": {"n": int(OTHER.n)},
    "another exponent": {"d": int(OTHER.d)},
    "another prime": {"p": int(OTHER.p)},
    "another dp": {"dp": int(OTHER.d) % (int(OTHER.p) - 1)},
    "another dq": {"dq": 5},
    "another coefficient": {"qinv": 5},
    "no private exponent": {"d": 0},
    "one for a prime": {"p": 1, "q": int(PARTS.n)},
    "one for the other prime": {"p": int(PARTS.n), "q": 1},
    "nought for a prime": {"p": 0},
    "nought for the other prime": {"q": 0},
    "nought for the modulus": {"n": 0},
    "a negative modulus": {"n": -int(PARTS.n)},
}


def test_the_halves_match_before_they_are_changed() -> None:
    assert PrivateKey.from_der(pkcs1()).to_der() == ALICE.to_der()


@pytest.mark.parametrize("changes", MISMATCHED.values(), ids=MISMATCHED)
def test_halves_that_do_not_match(changes: dict[str, int]) -> None:
    with pytest.raises(KeyFormatError):
        PrivateKey.from_der(pkcs1(**changes))


def wrong_kinds() -> dict[str, bytes]:
    inner = PKCS8.unwrap(ALICE.to_der()).private_key
    return {
        "PKCS#1": as_pem(inner, "RSA PRIVATE KEY"),
        "PKCS#1 in PKCS#8's clothes": as_pem(inner, "PRIVATE KEY"),
        "public": ALICE.public.to_pem(),
        "public in private's clothes": as_pem(ALICE.public.spki, "PRIVATE KEY"),
        "another algorithm": as_pem(PKCS8.wrap(inner, "1.2.840.10045.2.1"), "PRIVATE KEY"),
        "bytes left over": as_pem(ALICE.to_der() + b"\0", "PRIVATE KEY"),
        "bytes left over inside": as_pem(PKCS8.wrap(inner + b"\0", RSA.oid), "PRIVATE KEY"),
        "PKCS#8 in PKCS#8": as_pem(PKCS8.wrap(ALICE.to_der(), RSA.oid), "PRIVATE KEY"),
        "legacy PEM encryption": PEM.encode(
            ALICE.to_der(), "PRIVATE KEY", PASSWORD.encode()
        ).encode(),
        "no end": ALICE.to_pem()[:-20],
        "no lines": b"-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
        "no ASCII": ALICE.to_pem().replace(b"M", "Ｍ".encode()),
        "DER": ALICE.to_der(),
        "empty": b"",
    }


@pytest.mark.parametrize("data", wrong_kinds().values(), ids=wrong_kinds())
def test_what_is_no_private_key_file(data: bytes) -> None:
    with pytest.raises(KeyFormatError):
        PrivateKey.from_pem(data)


CLEAR, ENCRYPTED = ALICE.to_der(), protected()
SOME = 40  # examples; every single bit is flipped by a test marked long


def survives(data: bytes, password: str | None, read: Callable[..., PrivateKey]) -> bool:
    """Whether damage is an error, or did no damage: never another key."""
    try:
        return read(data, password).to_der() == ALICE.to_der()
    except (KeyFormatError, WrongPasswordError):
        return True


def flipped(data: bytes, bit: int) -> bytes:
    damaged = bytearray(data)
    damaged[bit // 8] ^= 1 << bit % 8
    return bytes(damaged)


NUMBERS = len(RSA.import_key(CLEAR).export_key("DER", pkcs=1))
"""The bytes at the end of a clear key that are the key; what stands before them is its wrapping."""


def is_error(data: bytes, password: str | None) -> bool:
    try:
        PrivateKey.from_der(data, password)
    except (KeyFormatError, WrongPasswordError):
        return True
    return False


@example(8 * len(CLEAR) - 1, 8 * len(ENCRYPTED) - 1)  # in a number that the library does not use
@given(st.integers(0, 8 * len(CLEAR) - 1), st.integers(0, 8 * len(ENCRYPTED) - 1))
@settings(max_examples=SOME)
def test_key_file_bit_flip(clear_bit: int, encrypted_bit: int) -> None:
    """Never another key; and an error, also for numbers that the library would not even use."""
    clear, encrypted = flipped(CLEAR, clear_bit), flipped(ENCRYPTED, encrypted_bit)
    assert survives(clear, None, PrivateKey.from_der)
    assert survives(encrypted, PASSWORD, PrivateKey.from_der)
    assert is_error(clear, None) or clear_bit // 8 < len(CLEAR) - NUMBERS
    assert is_error(encrypted, PASSWORD) or encrypted_bit // 8 < len(ENCRYPTED) - len(CLEAR)


CLEAR_PEM = as_pem(CLEAR, "PRIVATE KEY")
ENCRYPTED_PEM = as_pem(ENCRYPTED, "ENCRYPTED PRIVATE KEY")


@given(st.integers(0, 8 * len(CLEAR_PEM) - 1), st.integers(0, 8 * len(ENCRYPTED_PEM) - 1))
@settings(max_examples=SOME)
def test_key_file_bit_flip_in_the_text(clear_bit: int, encrypted_bit: int) -> None:
    assert survives(flipped(CLEAR_PEM, clear_bit), None, PrivateKey.from_pem)
    assert survives(flipped(ENCRYPTED_PEM, encrypted_bit), PASSWORD, PrivateKey.from_pem)


@given(st.data())
@settings(max_examples=SOME)
def test_two_damages_at_once(data: st.DataObject) -> None:
    for whole, password in ((CLEAR, None), (ENCRYPTED, PASSWORD)):
        at = data.draw(st.integers(0, len(whole)))
        lost = data.draw(st.integers(0, 20))
        damaged = whole[:at] + data.draw(st.binary(max_size=20)) + whole[at + lost :]
        assert survives(damaged, password, PrivateKey.from_der)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("whole", "password"), [(CLEAR, None), (ENCRYPTED, PASSWORD)], ids=["clear", "encrypted"]
)
def test_key_file_bit_flip_of_every_bit(whole: bytes, password: str | None) -> None:
    for bit in range(8 * len(whole)):
        assert survives(flipped(whole, bit), password, PrivateKey.from_der), bit


@pytest.mark.slow
def test_a_new_key() -> None:
    key = PrivateKey.generate()
    assert key.public.bits == 3072
    assert key.public.verify(b"s auth", b"", key.sign(b"s auth", b""))
    assert PrivateKey.from_der(key.to_der()).public == key.public


# Secrets (S24)


def secrets() -> list[str]:
    """Alice's private numbers as they could be printed, and the password."""
    numbers = [int(getattr(PARTS, name)) for name in ("d", "p", "q")]
    return [PASSWORD, *(text for n in numbers for text in (str(n)[:40], f"{n:x}"[:40]))]


def assert_silent(text: str) -> None:
    assert not [secret for secret in secrets() if secret in text or secret.upper() in text]


def test_a_private_key_prints_nothing_of_itself() -> None:
    shown = [repr(ALICE), str(ALICE), f"{ALICE}", f"{[ALICE]}", repr(ALICE.public)]
    assert_silent("\n".join(shown))
    assert ALICE.public.fingerprint.hex()[:16] in repr(ALICE)
    assert not hasattr(ALICE, "__dict__")


@pytest.mark.parametrize("carry", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_private_key_does_not_travel(carry: Callable[[Any], object]) -> None:
    for thing in (ALICE, [ALICE], {"key": ALICE}):
        if carry is copy.copy and thing is not ALICE:
            continue
        with pytest.raises(TypeError, match="not pickled"):
            carry(thing)


@pytest.mark.parametrize(
    ("data", "password"),
    [
        (ENCRYPTED, PASSWORD + "x"),
        (ENCRYPTED[:-8], PASSWORD),
        (flipped(ENCRYPTED, 8 * 900), PASSWORD),
        (flipped(CLEAR, 8 * 900), None),
        (pkcs1(dq=5), None),
        (CLEAR + b"\0", None),
    ],
)
def test_an_error_about_a_key_tells_nothing_of_it(data: bytes, password: str | None) -> None:
    with pytest.raises((KeyFormatError, WrongPasswordError)) as caught:
        PrivateKey.from_der(data, password)
    assert_silent("".join(traceback.format_exception(caught.value)))


# Beside the openssl program


def openssl(*arguments: str | Path, data: bytes = b"") -> bytes:
    command = [OPENSSL or "openssl", *map(str, arguments)]
    return subprocess.run(command, input=data, check=True, capture_output=True).stdout


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "clear.pem").write_bytes(ALICE.to_pem())
    (tmp_path / "public.pem").write_bytes(ALICE.public.to_pem())
    return tmp_path


@needs_openssl
def test_openssl_opens_what_is_written(files: Path) -> None:
    path = files / "protected.pem"
    path.write_bytes(ALICE.to_pem(PASSWORD))
    opened = openssl("pkey", "-in", path, "-passin", f"pass:{PASSWORD}")
    clear = openssl("pkcs8", "-topk8", "-nocrypt", "-outform", "DER", data=opened)
    assert clear == ALICE.to_der()
    public = openssl("pkey", "-pubin", "-in", files / "public.pem", "-pubout", "-outform", "DER")
    assert public == ALICE.public.spki


@needs_openssl
@pytest.mark.parametrize(
    "protection",
    [
        ("-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512", "-iter", "2000"),
        ("-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA256"),
        ("-scrypt", "-scrypt_N", "16384"),
    ],
    ids=lambda protection: protection[-1],
)
def test_what_openssl_writes_is_opened(files: Path, protection: tuple[str, ...]) -> None:
    pem = openssl(
        *("pkcs8", "-topk8", "-in", files / "clear.pem", "-passout", f"pass:{PASSWORD}"),
        *protection,
    )
    assert is_encrypted(pem)
    assert PrivateKey.from_pem(pem, PASSWORD).to_der() == ALICE.to_der()


@needs_openssl
def test_signatures_both_ways(files: Path) -> None:
    digest, path = sha256(labelled(b"s auth", b"message")), files / "signature"
    pss = ["digest:sha256", "rsa_padding_mode:pss", "rsa_pss_saltlen:32", "rsa_mgf1_md:sha256"]
    options = [part for option in pss for part in ("-pkeyopt", option)]
    path.write_bytes(ALICE.sign(b"s auth", b"message"))
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", files / "public.pem", "-sigfile", path)
    assert b"Verified Successfully" in openssl(*verify, *options, data=digest)
    made = openssl("pkeyutl", "-sign", "-inkey", files / "clear.pem", *options, data=digest)
    assert ALICE.public.verify(b"s auth", b"message", made)


@needs_openssl
def test_encryption_both_ways(files: Path) -> None:
    label = labelled(b"chunk", b"place").hex()
    oaep = ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256"]
    oaep.append(f"rsa_oaep_label:{label}")
    options = [part for option in oaep for part in ("-pkeyopt", option)]
    ours = ALICE.public.encrypt(b"chunk", b"place", b"message")
    decrypt = ("pkeyutl", "-decrypt", "-inkey", files / "clear.pem")
    assert openssl(*decrypt, *options, data=ours) == b"message"
    encrypt = ("pkeyutl", "-encrypt", "-pubin", "-inkey", files / "public.pem")
    theirs = openssl(*encrypt, *options, data=b"message")
    assert ALICE.decrypt(b"chunk", b"place", theirs) == b"message"
