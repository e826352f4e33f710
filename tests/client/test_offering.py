"""A new manifest, and when an earlier one serves again."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from rsachat.client.offering import REUSE_MS, Terms, can_go_on, is_same_source, new_manifest
from rsachat.protocol.manifest import Manifest
from tests.support import keys
from tests.support.uploads import NOW_MS, counting_random, sign


def terms(**changes: Any) -> Terms:
    return replace(
        Terms(
            name="résumé.txt",
            replace=False,
            own=keys.public("alice"),
            server=keys.public("server"),
            max_size=1 << 26,
            now_ms=lambda: NOW_MS,
            random=counting_random(),
        ),
        **changes,
    )


def offered(data: bytes = b"hello", **changes: Any) -> Manifest:
    return new_manifest(terms(**changes), len(data), hashlib.sha256(data).digest())


def test_a_new_manifest_says_it_all() -> None:
    manifest = offered(bytes(300))
    assert (manifest.mode, manifest.chunk, manifest.total, manifest.size) == (1, 256, 2, 300)
    assert manifest.name == "résumé.txt".encode()
    assert manifest.fp_from == keys.public("alice").fingerprint
    assert manifest.fp_to == keys.public("server").fingerprint
    assert manifest.created_ms == NOW_MS
    assert not manifest.replace
    assert offered(replace=True).replace


def test_each_has_a_number_of_its_own() -> None:
    mine = terms()
    first, second = (new_manifest(mine, 1, b"h" * 32) for _ in range(2))
    assert first.tid != second.tid


def test_the_same_source_on_the_same_terms_goes_on() -> None:
    saved = sign(offered())
    later = offered(now_ms=lambda: NOW_MS + REUSE_MS)
    assert can_go_on(saved, later)
    assert is_same_source(saved, later)


@pytest.mark.parametrize(
    "now",
    [
        offered(b"other"),
        offered(name="other.txt"),
        offered(replace=True),
        offered(server=keys.public("bob")),
        offered(own=keys.public("bob")),
        offered(now_ms=lambda: NOW_MS + REUSE_MS + 1),
        offered(now_ms=lambda: NOW_MS - 1),
    ],
    ids=["content", "name", "replace", "server", "own key", "too old", "clock went back"],
)
def test_anything_else_begins_anew(now: Manifest) -> None:
    assert not can_go_on(sign(offered()), now)


def test_one_without_a_signature_does_not_serve() -> None:
    assert not can_go_on(offered(), offered())
