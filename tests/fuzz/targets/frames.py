"""A byte stream, cut anyhow, gives the same bodies as the whole of it, within the bounds."""

from collections.abc import Iterator

from rsachat.errors import ProtocolError
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.frames import LENGTH_BYTES, PREAMBLE, FrameReader, Preamble, read_preamble
from tests.fuzz.drawn import Drawn

Cut = tuple[list[bytes], bool]
"""The bodies, and whether the stream broke a bound after them."""


def seeds() -> list[bytes]:
    stream = b"\x00\x00\x00\x05hello" + b"\x00\x00\x00\x01!" + b"\x00\x00\x00\x09cut"
    return [
        b"\x00\x01\x00\x20\x03\x01\x02\x30" + stream,
        b"\x01\x01\x00\x20\x02\x03\x04" + PREAMBLE + stream,
        b"\x00\x01\x00\x02\x00\x00\x00\x00\x04long",
    ]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    with_preamble, low, above = drawn.number() & 1, drawn.number(), drawn.number(2)
    sizes, stream = drawn.take(drawn.number() % 16), drawn.rest()
    high = low + above
    start = len(PREAMBLE) if with_preamble else 0
    reader, pieces = FrameReader(low, high), _pieces(stream, sizes)
    found, failed = _read(reader, pieces, start)
    assert (found, failed) == _at_once(stream, start, low, high)
    assert failed or reader.waiting <= max(start, LENGTH_BYTES + high)
    _check_preamble(stream)


def _pieces(stream: bytes, sizes: bytes) -> Iterator[bytes]:
    at = 0
    for size in sizes:
        yield stream[at : at + size]
        at += size
    yield stream[at:]


def _read(reader: FrameReader, pieces: Iterator[bytes], start: int) -> Cut:
    found: list[bytes] = []
    for piece in pieces:
        reader.feed(piece)
        if start and len(reader.take_exactly(start)) < start:
            continue
        start = 0
        try:
            while (body := reader.take()) is not None:
                found.append(body)
        except ProtocolError as error:
            assert error.code == AlertCode.DECODE
            return found, True
    return found, False


def _at_once(stream: bytes, at: int, low: int, high: int) -> Cut:
    """What the protocol says, without any regard to how it came."""
    found: list[bytes] = []
    while len(stream) >= at + LENGTH_BYTES:
        length = int.from_bytes(stream[at : at + LENGTH_BYTES], "big")
        if not low <= length <= high:
            return found, True
        at += LENGTH_BYTES + length
        if at > len(stream):
            break
        found.append(stream[at - length : at])
    return found, False


def _check_preamble(stream: bytes) -> None:
    start = stream[: len(PREAMBLE)]
    judged = read_preamble(start)
    if judged is Preamble.FOREIGN:
        assert not PREAMBLE.startswith(start)
    else:
        assert (judged is Preamble.OURS) == (start == PREAMBLE)
