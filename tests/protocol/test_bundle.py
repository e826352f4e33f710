"""The prekey bundle: its published bytes, and each check by itself."""

import contextlib
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.protocol.bundle import (
    Bundle,
    BundleError,
    BundleFault,
    Owner,
    check_bundle,
    check_owner,
    decode_bundle,
    make_bundle,
)
from rsachat.settings import ChatLimits
from tests.support import keys, vectors
from tests.support.seeded_kem import key_pair

VECTOR: dict[str, Any] = vectors.load("bundle")
RAW = bytes.fromhex(VECTOR["bundle"])
SERVER_FP = bytes.fromhex(VECTOR["server_fp"])
NOW = int(VECTOR["created_ms"])
LIMITS = ChatLimits()
BOB = Owner("bob", keys.public("bob").fingerprint, SERVER_FP)
SKEW = LIMITS.bundle_skew_ms


def bundle() -> Bundle:
    return decode_bundle(RAW)


def remade(**changes: Any) -> Bundle:
    """The bundle with other fields and Bob's good signature over them."""
    pair = key_pair(bytes.fromhex(VECTOR["x_private"]), bytes.fromhex(VECTOR["mlkem_seed"]))
    fields: dict[str, Any] = {
        "name": "bob",
        "server_fp": SERVER_FP,
        "times_ms": (NOW, int(VECTOR["expires_ms"])),
    } | changes
    owner = keys.private(fields.pop("owner", "bob"))
    return make_bundle(owner, prekey=pair, random=random.Random(1).randbytes, **fields)


def fault(made: Bundle, owner: Owner = BOB, now: int = NOW) -> BundleFault | None:
    try:
        check_bundle(made, owner, (), now, LIMITS)
    except BundleError as error:
        return error.fault
    return None


def test_the_published_bundle_is_made_again() -> None:
    assert remade().encode() == RAW
    assert len(RAW) == 2095


def test_the_published_bundle_is_good() -> None:
    made = bundle()
    assert made.encode() == RAW
    assert made.pid.hex() == VECTOR["pid"]
    assert check_bundle(made, BOB, (), NOW, LIMITS) == keys.public("bob")


def test_a_known_key_is_used() -> None:
    assert check_owner(bundle(), BOB, keys.public("bob")) is keys.public("bob")


@pytest.mark.parametrize("end", range(0, len(RAW), 7))
def test_cut_short(end: int) -> None:
    with pytest.raises(BundleError) as caught:
        decode_bundle(RAW[:end])
    assert caught.value.fault is BundleFault.MALFORMED


@pytest.mark.parametrize(
    "data",
    [
        RAW + b"\0",
        b"\x02" + RAW[1:],
        RAW[:2] + b"Bob" + RAW[5:],
        RAW[:1] + b"\x00" + RAW[5:],
        RAW[:2] + b"\xff\xfe\xfd" + RAW[5:],
    ],
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(BundleError):
        decode_bundle(data)


@given(st.integers(0, len(RAW) * 8 - 1))
def test_any_flipped_bit_is_refused(bit: int) -> None:
    flipped = bytearray(RAW)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BundleError):
        check_bundle(decode_bundle(bytes(flipped)), BOB, (), NOW, LIMITS)


@given(st.binary(max_size=3000))
def test_any_bytes_give_a_value_or_the_error(data: bytes) -> None:
    with contextlib.suppress(BundleError):
        assert decode_bundle(data).encode() == data


def test_another_name() -> None:
    assert fault(remade(name="bobby")) is BundleFault.OTHER_NAME
    assert fault(remade(name="bobby"), replace(BOB, name=None)) is None


def test_another_key() -> None:
    assert fault(remade(owner="carol")) is BundleFault.OTHER_KEY


def test_another_server() -> None:
    assert fault(remade(server_fp=b"\x54" * 32)) is BundleFault.OTHER_SERVER


def test_pid_must_name_the_keys() -> None:
    assert fault(replace(bundle(), pid=bytes(16))) is BundleFault.MALFORMED


def test_signature() -> None:
    made = bundle()
    assert fault(replace(made, created_ms=made.created_ms + 1)) is BundleFault.SIGNATURE


def test_ones_own_prekey() -> None:
    with pytest.raises(BundleError) as caught:
        check_bundle(bundle(), BOB, {bundle().pid}, NOW, LIMITS)
    assert caught.value.fault is BundleFault.REFLECTED


@pytest.mark.parametrize(
    ("times", "now", "good"),
    [
        ((NOW, NOW + 7_200_000), NOW - SKEW, True),
        ((NOW, NOW + 7_200_000), NOW - SKEW - 1, False),
        ((NOW, NOW + 7_200_000), NOW + 7_200_000 + SKEW, True),
        ((NOW, NOW + 7_200_000), NOW + 7_200_000 + SKEW + 1, False),
        ((NOW, NOW + 7_200_001), NOW, False),
        ((NOW, NOW), NOW, True),
        ((NOW, NOW - 1), NOW, False),
    ],
)
def test_times(times: tuple[int, int], now: int, good: bool) -> None:
    found = fault(remade(times_ms=times), now=now)
    assert found is (None if good else BundleFault.EXPIRED)
