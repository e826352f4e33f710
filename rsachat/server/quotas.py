"""Whether there is room for one more file (PROTOCOL 6.5), decided on numbers alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from rsachat.protocol.manifest import Manifest
from rsachat.protocol.transfer import TransferKey
from rsachat.server.upload_io import Usage
from rsachat.settings import TransferLimits


@dataclass(frozen=True, slots=True)
class Claim:
    """A transfer with a connection: bytes it declared, bytes it still lacks."""

    size: int
    lacking: int


@dataclass(frozen=True, slots=True)
class Room:
    """`refusal` says why there is none (empty: there is), `evict` what has to go first."""

    refusal: str
    evict: tuple[TransferKey, ...] = ()


def find_room(
    manifest: Manifest,
    client: str,
    kept: int,
    usage: Usage,
    claims: Mapping[TransferKey, Claim],
    limits: TransferLimits,
) -> Room:
    """Weigh an offer of which `kept` bytes are here already.

    Unfinished transfers count with what they declared. The longest idle one of the same key
    makes way for one too many, unless it has a connection (is in `claims`).
    """
    declared = {waiting.key: waiting.size for waiting in usage.unfinished}
    declared |= {key: claim.size for key, claim in claims.items()}
    declared.pop(manifest.key, None)
    evict = _evicted(manifest.key, usage, claims, declared, limits)
    for key in evict:
        del declared[key]
    own = {key: size for key, size in declared.items() if key.fp == manifest.fp_from}
    if len(own) >= limits.unfinished_each or len(declared) >= limits.unfinished_all:
        return Room("too many unfinished uploads")
    if usage.stored.get(client, 0) + sum(own.values()) + manifest.size > limits.quota_client:
        return Room("the quota of this client is reached")
    stored = sum(usage.stored.values()) + sum(declared.values())
    if stored + manifest.size > limits.quota_total:
        return Room("the quota of all clients together is reached")
    promised = sum(claim.lacking for key, claim in claims.items() if key != manifest.key)
    if usage.free - promised < manifest.size - kept + limits.free_margin:
        return Room("not enough free space on the disk")
    return Room("", evict)


def _evicted(
    key: TransferKey,
    usage: Usage,
    claims: Mapping[TransferKey, Claim],
    declared: Mapping[TransferKey, int],
    limits: TransferLimits,
) -> tuple[TransferKey, ...]:
    own = sum(other.fp == key.fp for other in declared)
    excess = max(0, own + 1 - limits.unfinished_each)
    idle = [
        waiting
        for waiting in usage.unfinished
        if waiting.key.fp == key.fp and waiting.key != key and waiting.key not in claims
    ]
    idle.sort(key=lambda waiting: waiting.idle, reverse=True)
    return tuple(waiting.key for waiting in idle[:excess])
