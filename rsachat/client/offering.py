"""Which manifest a source is offered by: a new one, or that of an earlier try (PROTOCOL 6.1)."""

from collections.abc import Callable
from dataclasses import dataclass

from rsachat.crypto.rsa import PublicKey
from rsachat.protocol.manifest import REPLACE, Manifest
from rsachat.protocol.transfer import CHUNK_BYTES, Mode, chunk_count

REUSE_MS = 29 * 24 * 3600 * 1000
"""An older manifest is made anew: receivers take them for 30 days."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Who sends what to whom: `name` is the target's, `own` and `server` the two keys.

    `max_size` is in bytes, as the server said; `now_ms` its clock, `random` gives n bytes.
    """

    name: str
    replace: bool
    own: PublicKey
    server: PublicKey
    max_size: int
    now_ms: Callable[[], int]
    random: Callable[[int], bytes]


def new_manifest(terms: Terms, size: int, sha256: bytes) -> Manifest:
    """Under a number of its own, not signed yet."""
    mode = Mode.RSA_CHUNKS
    chunk = CHUNK_BYTES[mode]
    return Manifest(
        tid=terms.random(16),
        mode=mode,
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


def is_same_source(saved: Manifest, manifest: Manifest) -> bool:
    """Whether the bytes are those of the earlier try."""
    return (saved.size, saved.sha256) == (manifest.size, manifest.sha256)


def can_go_on(saved: Manifest, manifest: Manifest) -> bool:
    """Whether the saved manifest says what a new one would say, and is young enough."""
    young = 0 <= manifest.created_ms - saved.created_ms <= REUSE_MS
    return young and _terms_of(saved) == _terms_of(manifest) and bool(saved.signature)


def _terms_of(manifest: Manifest) -> tuple[object, ...]:
    """All that the number, the time and the signature do not change."""
    return (
        manifest.mode,
        manifest.flags,
        manifest.fp_from,
        manifest.fp_to,
        manifest.name,
        manifest.size,
        manifest.sha256,
    )
