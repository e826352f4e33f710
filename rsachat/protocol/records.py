"""The record layer of one direction: generations, their limits, packing (PROTOCOL section 3).

Knows the record cipher and when keys change; knows no states and no meaning of a message.
"""

from collections.abc import Iterator, Sequence

from rsachat.crypto.record_cipher import TAG, RecordCipher
from rsachat.errors import ProtocolError
from rsachat.protocol.codec import encode
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.key_schedule import next_generation, record_key
from rsachat.protocol.messages import KeyUpdate
from rsachat.settings import RecordLimits, WireLimits

MIN_RECORD = TAG + 4
MAX_PLAINTEXT = WireLimits().record - TAG
_KEY_UPDATE = encode(KeyUpdate())
# An idle side sends a PING each 30 s, so that asking only when something is sent is in time.
_EARLY = 0.95
_WRONG_TAG = "a record does not verify"


class Unanswered(Exception):
    """Fatal, and nothing is said to the peer; the text is for the local log."""


def pack(messages: Sequence[bytes]) -> Iterator[bytes]:
    """Join encoded messages, in order, into as few record plaintexts as fit."""
    if sum(map(len, messages)) <= MAX_PLAINTEXT:
        if messages:
            yield b"".join(messages)
        return
    room, parts = MAX_PLAINTEXT, list[bytes]()
    for message in messages:
        if len(message) > MAX_PLAINTEXT:
            raise ValueError(f"a message of {len(message)} bytes fits no record")
        if len(message) > room:
            yield b"".join(parts)
            room, parts = MAX_PLAINTEXT, []
        parts.append(message)
        room -= len(message)
    yield b"".join(parts)


def open_record(cipher: RecordCipher, body: bytes) -> bytes:
    """The plaintext of a record without its length field. Raises Unanswered."""
    plaintext = cipher.open(body)
    if plaintext is None:
        raise Unanswered(_WRONG_TAG)
    return plaintext


class Sealer:
    """The sending direction. `now` is monotonic seconds, `secret` the generation's 32 bytes."""

    __slots__ = ("_cipher", "_last_byte", "_last_record", "_limits", "_secret", "_until")

    def __init__(self, secret: bytes, now: float, limits: RecordLimits) -> None:
        self._limits = limits
        # One record and its bytes are always left for the KEY_UPDATE.
        self._last_record = limits.records - 1
        self._last_byte = limits.ciphertext_bytes - len(_KEY_UPDATE)
        self._begin(secret, now)

    def _begin(self, secret: bytes, now: float) -> None:
        self._secret = secret
        self._cipher = RecordCipher(record_key(secret))
        self._until = now + _EARLY * self._limits.seconds

    def seal(self, plaintext: bytes, now: float) -> bytes:
        """One record, behind a KEY_UPDATE if this generation has no room or time for it."""
        cipher = self._cipher
        if (
            cipher.records < self._last_record
            and cipher.ciphertext_bytes + len(plaintext) <= self._last_byte
            and now < self._until
        ):
            return cipher.seal(plaintext)
        return self._step(now) + self._cipher.seal(plaintext)

    def _step(self, now: float) -> bytes:
        record = self._cipher.seal(_KEY_UPDATE)
        self._begin(next_generation(self._secret), now)
        return record


class Opener:
    """The receiving direction; it enforces the counts of a generation, never its time."""

    __slots__ = ("_cipher", "_limits", "_secret")

    def __init__(self, secret: bytes, limits: RecordLimits) -> None:
        self._limits = limits
        self._begin(secret)

    def _begin(self, secret: bytes) -> None:
        self._secret = secret
        self._cipher = RecordCipher(record_key(secret))

    def open(self, body: bytes) -> bytes:
        """Raises Unanswered, or ProtocolError(UNEXPECTED) where a KEY_UPDATE is overdue."""
        cipher, limits = self._cipher, self._limits
        plaintext = cipher.open(body)
        if plaintext is None:
            raise Unanswered(_WRONG_TAG)
        if cipher.records > limits.records or cipher.ciphertext_bytes > limits.ciphertext_bytes:
            raise ProtocolError(AlertCode.UNEXPECTED, "the peer's keys are used up")
        return plaintext

    def step(self) -> None:
        """The peer's KEY_UPDATE was read: its next record is of the next generation."""
        self._begin(next_generation(self._secret))
