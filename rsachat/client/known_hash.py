"""The running hash of a source that was hashed before, for a sender of whole segments.

It costs nothing a byte: each value is looked up among those of the first time. Where the source
has changed since, the receiver's hash is another, and its acknowledgement shows that.
"""

from rsachat.client.upload_io import SourceHashed
from rsachat.settings import TransferLimits

_SEGMENT = TransferLimits().envelope_chunk
_DIGEST = 32  # bytes


class KnownHash:
    """Stands at `done` bytes, which end a segment or the source."""

    def __init__(self, hashed: SourceHashed, done: int) -> None:
        self._hashed = hashed
        self._done = done

    def update(self, data: bytes, /) -> None:
        self._done += len(data)

    def digest(self) -> bytes:
        """SHA-256 of all bytes so far."""
        if self._done == self._hashed.size:
            return self._hashed.sha256
        at = self._done // _SEGMENT * _DIGEST
        return self._hashed.prefixes[at : at + _DIGEST]
