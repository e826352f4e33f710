"""The manifest: one encoding, frozen vectors, and every relation checked."""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.manifest import SIGN_LABEL, Manifest, check_manifest, decode_manifest
from rsachat.protocol.transfer import TransferRefused
from tests.support import keys
from tests.support.uploads import NOW_MS, make_manifest, sign

DAY_MS = 24 * 3600 * 1000
VECTORS = Path(__file__).parent.parent / "vectors" / "manifest.json"


def vectors() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(VECTORS.read_text())
    return rows


def check(manifest: Manifest, now_ms: int = NOW_MS, sender: str = "alice") -> None:
    check_manifest(
        manifest, keys.public(sender), keys.public("server"), now_ms, 30 * DAY_MS, DAY_MS // 144
    )


@pytest.mark.parametrize("row", vectors(), ids=lambda row: row["title"])
def test_vectors(row: dict[str, Any]) -> None:
    raw = bytes.fromhex(row["manifest"])
    manifest = decode_manifest(raw)
    assert manifest.encode() == raw
    assert manifest.mh.hex() == row["mh"]
    assert {
        name: getattr(manifest, name) for name in ("mode", "flags", "size", "chunk", "total")
    } == row["numbers"]
    assert manifest.name.decode() == row["name"]
    assert keys.public("alice").verify(SIGN_LABEL, manifest.mh, manifest.signature)
    check(manifest, now_ms=manifest.created_ms)


def test_an_envelope_manifest_wraps_its_key_under_its_own_head() -> None:
    row = next(row for row in vectors() if row["numbers"]["mode"] == 2)
    manifest = decode_manifest(bytes.fromhex(row["manifest"]))
    context = bytes.fromhex(row["wrap_context"])
    opened = keys.private("server").decrypt(b"up key", context, manifest.wrap)
    assert opened == bytes.fromhex(row["file_key"])


@given(
    st.builds(
        Manifest,
        tid=st.binary(min_size=16, max_size=16),
        mode=st.integers(0, 255),
        flags=st.integers(0, 255),
        fp_from=st.binary(min_size=32, max_size=32),
        fp_to=st.binary(min_size=32, max_size=32),
        name=st.binary(max_size=255),
        size=st.integers(0, 2**64 - 1),
        sha256=st.binary(min_size=32, max_size=32),
        chunk=st.integers(0, 2**32 - 1),
        total=st.integers(0, 2**64 - 1),
        created_ms=st.integers(0, 2**64 - 1),
        wrap=st.binary(max_size=512),
        signature=st.binary(min_size=1, max_size=512),
    )
)
def test_decoding_is_the_inverse_of_encoding(manifest: Manifest) -> None:
    assert decode_manifest(manifest.encode()) == manifest


def test_cut_short_anywhere_or_too_long_is_an_error() -> None:
    raw = make_manifest(b"hello").encode()
    for length in range(len(raw)):
        with pytest.raises(ProtocolError):
            decode_manifest(raw[:length])
    with pytest.raises(ProtocolError):
        decode_manifest(raw + b"\0")


@given(st.binary(max_size=700))
def test_any_bytes_are_a_manifest_or_the_one_error(data: bytes) -> None:
    with suppress(ProtocolError):
        assert decode_manifest(b"\1" + data).encode() == b"\1" + data


def test_another_version_is_an_error() -> None:
    raw = make_manifest(b"hello").encode()
    with pytest.raises(ProtocolError):
        decode_manifest(b"\2" + raw[1:])


def test_a_good_manifest_passes() -> None:
    check(make_manifest(b"hello"))
    check(make_manifest(b"", replaces=True))


@pytest.mark.parametrize(
    "change",
    [
        {"flags": 2},
        {"fp_from": b"x" * 32},
        {"fp_to": b"x" * 32},
        {"chunk": 255},
        {"total": 2},
        {"total": 0},
        {"size": 257},
    ],
    ids=str,
)
def test_a_wrong_relation_is_a_bad_manifest(change: dict[str, Any]) -> None:
    with pytest.raises(TransferRefused) as caught:
        check(make_manifest(b"hello", **change))
    assert caught.value.code is ErrorCode.BAD_MANIFEST


@pytest.mark.parametrize("mode", [0, 3, 255])
def test_an_unknown_mode_is_refused_as_such(mode: int) -> None:
    with pytest.raises(TransferRefused) as caught:
        check(make_manifest(b"hello", mode=mode))
    assert caught.value.code is ErrorCode.MODE


@pytest.mark.parametrize(
    ("age_ms", "good"),
    [(30 * DAY_MS, True), (30 * DAY_MS + 1, False), (-600_000, True), (-600_001, False)],
)
def test_created_lies_within_bounds(age_ms: int, good: bool) -> None:
    manifest = make_manifest(b"hello")
    if good:
        check(manifest, now_ms=NOW_MS + age_ms)
    else:
        with pytest.raises(TransferRefused):
            check(manifest, now_ms=NOW_MS + age_ms)


def test_the_signature_is_the_senders() -> None:
    with pytest.raises(TransferRefused) as caught:
        check(sign(make_manifest(b"hello"), "bob"))
    assert caught.value.code is ErrorCode.BAD_MANIFEST


@pytest.mark.parametrize("length", [1, 383, 385, 512])
def test_a_signature_of_a_wrong_length_does_not_parse(length: int) -> None:
    with pytest.raises(ProtocolError):
        check(replace(make_manifest(b"hello"), signature=b"s" * length))


def test_a_wrapped_key_where_none_belongs_does_not_parse() -> None:
    with pytest.raises(ProtocolError):
        check(make_manifest(b"hello", wrap=b"w"))
