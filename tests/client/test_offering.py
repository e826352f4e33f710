"""A new manifest, and when an earlier one serves again."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from rsachat.client.offering import REUSE_MS, Offer, Terms, can_go_on, is_same_source, new_offer
from rsachat.crypto.jobs import UnwrapKey
from rsachat.protocol.transfer import Mode
from tests.support import keys
from tests.support.uploads import NOW_MS, counting_random, sign


def terms(**changes: Any) -> Terms:
    return replace(
        Terms(
            name="résumé.txt",
            replace=False,
            own=keys.public("alice"),
            server=keys.public("server"),
            max_rsa=1 << 26,
            max_file=1 << 32,
            now_ms=lambda: NOW_MS,
            random=counting_random(),
        ),
        **changes,
    )


def offered(data: bytes = b"hello", **changes: Any) -> Offer:
    return new_offer(terms(**changes), len(data), hashlib.sha256(data).digest())


def signed(offer: Offer) -> Offer:
    return replace(offer, manifest=sign(offer.manifest))


def test_a_new_manifest_says_it_all() -> None:
    manifest = offered(bytes(300)).manifest
    assert (manifest.mode, manifest.chunk, manifest.total, manifest.size) == (1, 256, 2, 300)
    assert manifest.name == "résumé.txt".encode()
    assert manifest.fp_from == keys.public("alice").fingerprint
    assert manifest.fp_to == keys.public("server").fingerprint
    assert manifest.created_ms == NOW_MS
    assert not manifest.replace
    assert offered(replace=True).manifest.replace


def test_each_has_a_number_of_its_own() -> None:
    mine = terms()
    first, second = (new_offer(mine, 1, b"h" * 32) for _ in range(2))
    assert first.manifest.tid != second.manifest.tid


def test_an_envelope_wraps_a_key_of_its_own_for_the_receiver() -> None:
    mine = terms(mode=Mode.ENVELOPE)
    first, second = (new_offer(mine, 70_000, b"h" * 32) for _ in range(2))
    manifest = first.manifest
    assert (manifest.mode, manifest.chunk, manifest.total) == (2, 65_536, 2)
    unwrap = UnwrapKey(manifest.wrap_context, manifest.wrap)
    assert unwrap.run(keys.private("server")) == first.file_key
    assert unwrap.run(keys.private("bob")) is None
    assert len(first.file_key) == 32
    assert first.file_key != second.file_key
    assert first.file_key.hex() not in repr(first)
    assert repr(first.file_key) not in repr(first)


def test_an_envelope_goes_on_with_its_key_only() -> None:
    saved = signed(offered(mode=Mode.ENVELOPE))
    now = offered(mode=Mode.ENVELOPE)
    assert can_go_on(saved, now)
    assert not can_go_on(replace(saved, file_key=b""), now)
    assert not can_go_on(saved, offered())
    assert not can_go_on(signed(offered()), now)


def test_the_same_source_on_the_same_terms_goes_on() -> None:
    saved = signed(offered())
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
def test_anything_else_begins_anew(now: Offer) -> None:
    assert not can_go_on(signed(offered()), now)


def test_one_without_a_signature_does_not_serve() -> None:
    assert not can_go_on(offered(), offered())
