"""The reference for a message between two clients: its primitives, and no more.

A chain key gives three keys by HMAC-SHA-256; one encrypts by AES-256-CTR, one authenticates, one
is the next chain key. A receipt is an HMAC. Each way a record is sealed and opened. Imports
nothing from rsachat.
"""

from __future__ import annotations

import hmac
import os
from time import thread_time

from benchmarks.bare_libraries import counter_modes
from benchmarks.bare_record_relay import Records

BLOCK = 128
TEXT_HEAD = 27
SENT, SEND, DELIVER = bytes(8), bytes(18), bytes(46)  # the messages, or what is around a body
RECEIPT = bytes(30)
HEADER = bytes(21)
counter_mode = counter_modes()


def derived(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


class BarePair:
    """What each side computes for texts of so many bytes, a receipt for every few, and no more."""

    def __init__(self, text: int, a_receipt: int) -> None:
        plain = TEXT_HEAD + text
        self._plain = bytes(plain + -plain % BLOCK)
        self._a_receipt = a_receipt
        self._sending, self._receiving = (key := os.urandom(32)), key
        self._receipt_key = os.urandom(32)
        self._from_alice, self._to_bob, self._from_bob, self._to_alice = (
            (Records(key := os.urandom(64)), Records(key)) for _ in range(4)
        )
        self._alice = self._bob = 0.0

    def round(self, receipts: int) -> tuple[float, float]:
        """Seconds of the sender and of the recipient, for a message."""
        self._alice = self._bob = 0.0
        for _ in range(receipts):
            for _ in range(self._a_receipt):
                tag = self._opened(self._written())
            self._believed(self._receipt(tag), tag)
        messages = receipts * self._a_receipt
        return self._alice / messages, self._bob / messages

    def _written(self) -> bytes:
        """The sender: a text sealed, and a record of it."""
        began = thread_time()
        chain = self._sending
        ct = counter_mode(derived(chain, b"\1"))(self._plain)
        tag = derived(derived(chain, b"\2"), HEADER + ct)
        self._sending = derived(chain, b"\3")
        record = self._from_alice[0].seal(SEND + HEADER + tag + ct)
        self._alice += thread_time() - began
        return record

    def _opened(self, record: bytes) -> bytes:
        """The recipient: a record opened, and the text in it."""
        body = self._from_alice[1].open(record[4:])[len(SEND) :]
        record = self._to_bob[0].seal(DELIVER + body)
        began = thread_time()
        body = self._to_bob[1].open(record[4:])[len(DELIVER) :]
        header, tag, ct = body[:21], body[21:53], body[53:]
        chain = self._receiving
        assert hmac.compare_digest(derived(derived(chain, b"\2"), header + ct), tag)
        assert counter_mode(derived(chain, b"\1"))(ct) == self._plain
        self._receiving = derived(chain, b"\3")
        self._bob += thread_time() - began
        return tag

    def _receipt(self, tag: bytes) -> bytes:
        """The recipient: a receipt, and a record of it."""
        began = thread_time()
        receipt = RECEIPT + derived(self._receipt_key, RECEIPT + tag)
        record = self._from_bob[0].seal(SEND + receipt)
        self._bob += thread_time() - began
        return record

    def _believed(self, record: bytes, tag: bytes) -> None:
        """The sender: the records of SENT and of the receipt opened, the receipt checked."""
        receipt = self._from_bob[1].open(record[4:])[len(SEND) :]
        sent, delivered = map(self._to_alice[0].seal, (SENT, DELIVER + receipt))
        began = thread_time()
        self._to_alice[1].open(sent[4:])
        mac = self._to_alice[1].open(delivered[4:])[-32:]
        assert hmac.compare_digest(derived(self._receipt_key, RECEIPT + tag), mac)
        self._alice += thread_time() - began
