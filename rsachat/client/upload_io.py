"""What the sending core asks of its shell, and what it tells the person who uploads."""

from dataclasses import dataclass, field

from rsachat.errors import RsachatError
from rsachat.protocol.messages import Message


@dataclass(frozen=True, slots=True)
class SendMessage:
    """To be sealed into a record for the server."""

    message: Message


@dataclass(frozen=True, slots=True)
class OpenSource:
    """Begin with the source of this number. Answer: SourceOpened or SourceFailed.

    `server_fp` tells for which server a manifest was saved.
    """

    number: int
    server_fp: bytes


@dataclass(frozen=True, slots=True)
class Saved:
    """What a later run needs to go on: the encoded manifest and an envelope's key, else empty."""

    manifest: bytes
    file_key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class SourceOpened:
    """`saved` is what SaveManifest kept in an earlier run, if anything."""

    number: int
    saved: Saved | None


@dataclass(frozen=True, slots=True)
class HashSource:
    """Hash the whole source, opened anew. Answer: SourceHashed or SourceFailed."""


@dataclass(frozen=True, slots=True)
class SourceHashed:
    """`prefixes` are the SHA-256 of its first 0, 1, 2 ... whole segments of 64 KiB, joined."""

    size: int
    sha256: bytes
    prefixes: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadSource:
    """Read `length` bytes at `offset`. Answer: SourceRead with the same `number`, or SourceFailed.

    With `later`, in a later pass of the loop, so that others get their turn.
    """

    number: int
    offset: int
    length: int
    later: bool = False


@dataclass(frozen=True, slots=True)
class SourceRead:
    """Fewer bytes than asked for: the source has become shorter."""

    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """The source cannot be opened or read."""

    error: RsachatError


@dataclass(frozen=True, slots=True)
class SaveManifest:
    """Keep this, for its owner alone, until the receipt is here: with it a later run goes on."""

    saved: Saved


@dataclass(frozen=True, slots=True)
class DropManifest:
    """Nothing is left to go on with."""


@dataclass(frozen=True, slots=True)
class Hashing:
    """The source is long: so many bytes of `size` are hashed."""

    done: int
    size: int


@dataclass(frozen=True, slots=True)
class Progress:
    """What the receiver has acknowledged as stored: bytes of `size`, chunks of `total`.

    `sent` bytes have left, those that are stored among them. Verified is nothing before the
    receipt, even where all is stored.
    """

    done: int
    size: int
    chunks: int
    total: int
    sent: int


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the person should know; the work goes on."""

    text: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """The end: the receiver has signed for it.

    `already` if nothing had to be sent, `time_ms` the receiver's clock, `manifest` and
    `receipt` the proof, `server` the SPKI of the key that signed it.
    """

    size: int
    chunks: int
    sha256: bytes
    time_ms: int
    already: bool
    manifest: bytes
    receipt: bytes
    server: bytes


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """The end of this file, for this reason; the connection lives on."""

    error: RsachatError
