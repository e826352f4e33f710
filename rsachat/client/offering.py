"""What a source is offered by: a new manifest, or that of an earlier try (PROTOCOL 6.1)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rsachat.crypto.rsa import PublicKey
from rsachat.crypto.segments import FILE_KEY, WRAP_LABEL
from rsachat.protocol.manifest import REPLACE, Manifest
from rsachat.protocol.transfer import CHUNK_BYTES, Mode, chunk_count

REUSE_MS = 29 * 24 * 3600 * 1000
"""An older manifest is made anew: receivers take them for 30 days."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Who sends what to whom, and how: `name` is the target's, `own` and `server` the two keys.

    `max_rsa` and `max_file` are in bytes, as the server said; `now_ms` its clock, `random` gives
    n bytes.
    """

    name: str
    replace: bool
    own: PublicKey
    server: PublicKey
    max_rsa: int
    max_file: int
    now_ms: Callable[[], int]
    random: Callable[[int], bytes]
    mode: Mode = Mode.RSA_CHUNKS


@dataclass(frozen=True, slots=True)
class Offer:
    """A manifest, and for an envelope the key that its wrap holds: 32 bytes, else empty."""

    manifest: Manifest
    file_key: bytes = field(default=b"", repr=False)


def new_offer(terms: Terms, size: int, sha256: bytes) -> Offer:
    """Under a number of its own, with a file key of its own; not signed yet."""
    chunk = CHUNK_BYTES[terms.mode]
    manifest = Manifest(
        tid=terms.random(16),
        mode=terms.mode,
        flags=REPLACE if terms.replace else 0,
        fp_from=terms.own.fingerprint,
        fp_to=terms.server.fingerprint,
        name=terms.name.encode(),
        size=size,
        sha256=sha256,
        chunk=chunk,
        total=chunk_count(size, chunk),
        created_ms=terms.now_ms(),
    )
    if terms.mode is not Mode.ENVELOPE:
        return Offer(manifest)
    file_key = terms.random(FILE_KEY)
    wrap = terms.server.encrypt(WRAP_LABEL, manifest.wrap_context, file_key, terms.random)
    return Offer(replace(manifest, wrap=wrap), file_key)


def is_same_source(saved: Offer, offer: Offer) -> bool:
    """Whether the bytes are those of the earlier try."""
    return _content(saved.manifest) == _content(offer.manifest)


def can_go_on(saved: Offer, offer: Offer) -> bool:
    """Whether the saved offer says what a new one would say, and is young enough."""
    before, now = saved.manifest, offer.manifest
    young = 0 <= now.created_ms - before.created_ms <= REUSE_MS
    complete = bool(before.signature) and len(saved.file_key) == len(offer.file_key)
    return young and complete and _terms_of(before) == _terms_of(now)


def _content(manifest: Manifest) -> tuple[object, ...]:
    return (manifest.size, manifest.sha256)


def _terms_of(manifest: Manifest) -> tuple[object, ...]:
    """All that the number, the time, the file key and the signature do not change."""
    return (
        manifest.mode,
        manifest.flags,
        manifest.fp_from,
        manifest.fp_to,
        manifest.name,
        *_content(manifest),
    )
