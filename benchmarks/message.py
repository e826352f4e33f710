"""What a message costs each of its two clients, against its bare primitives.

Both clients' end-to-end halves and their ends of the connection to a server; no sockets, loop or
screen. Texts of 70 bytes follow each other, each in a record of its own; one receipt and one
SENT are for as many of them as a receipt covers. Counted is the CPU time of the sender (a text
sealed, and put into a record; SENT and receipt opened and believed) and of the recipient (a
record opened, and the text in it; the receipt made, and put into a record).
"""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from time import thread_time

from benchmarks.acquainted import Acquainted
from benchmarks.bare_message import BarePair
from benchmarks.report import Figure
from benchmarks.scratch import by_engine, read_key
from rsachat.protocol import chat_events as ce
from rsachat.protocol import codec
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.protocol.end_to_end import EndToEnd
from rsachat.protocol.link import ClientLink, ServerLink
from rsachat.settings import ChatLimits

AIM = by_engine(2.0, 2.6)  # OpenSSL's AES costs so little that the rest weighs more
ROUNDS = 15
A_RECEIPT = ChatLimits().receipt_every  # texts that it covers
RECEIPTS = 10  # a round
TEXT = "x" * 70
SIDES = ("its sender", "its recipient")


def run() -> list[Figure]:
    pair, bare = Pair(), BarePair(len(TEXT), A_RECEIPT)
    rounds = [(pair.round(RECEIPTS), bare.round(RECEIPTS)) for _ in range(ROUNDS)]
    return [_figure(side, [(x[i], y[i]) for x, y in rounds]) for i, side in enumerate(SIDES)]


def _figure(side: str, rounds: list[tuple[float, float]]) -> Figure:
    return Figure(
        f"message, {side}",
        f"{median(ours for ours, _ in rounds) * 1e6:.1f} µs",
        f"{median(bare for _, bare in rounds) * 1e6:.1f} µs",
        median(ours / bare for ours, bare in rounds),
        AIM,
        at_least=False,
    )


class Side:
    """A client's end-to-end half on its end of a connection, and the server's end of that."""

    def __init__(self, name: str, end: EndToEnd, ambient: Ambient) -> None:
        self._end = end
        server, own = read_key("server"), read_key(name)
        self._link = ClientLink(own.public, ambient, Role.CHAT, "", server.public.fingerprint)
        self._far = ServerLink(server.public, ambient)
        self.seconds = 0.0
        while not self._link.established:
            for event in self._far.receive_data(self._link.data_to_send()):
                if isinstance(event, le.SignatureNeeded):
                    self._far.signature_ready(server.sign(event.label, event.message))
                elif isinstance(event, le.ClientProven):
                    self._far.accept(_welcome(server.public.fingerprint, name))
            for event in self._link.receive_data(self._far.data_to_send()):
                if isinstance(event, le.SignatureNeeded):
                    self._link.signature_ready(own.sign(event.label, event.message))

    def says(self, outputs: Iterable[ce.Output]) -> list[m.ChatSend]:
        """Its messages put into a record; what the server reads in it."""
        began = thread_time()
        self._link.send([codec.encode(one) for one in outputs if isinstance(one, m.Message)])
        data = self._link.data_to_send()
        self.seconds += thread_time() - began
        said = self._far.receive_data(data)
        return [message for message in said if isinstance(message, m.ChatSend)]

    def hears(self, message: m.Message) -> list[ce.Output]:
        """A record of the server with this message in it, read and acted upon."""
        self._far.send([codec.encode(message)])
        data = self._far.data_to_send()
        outputs: list[ce.Output] = []
        began = thread_time()
        for event in self._link.receive_data(data):
            assert isinstance(event, m.ChatDeliver | m.Sent)
            outputs += self._end.receive(event)
        self.seconds += thread_time() - began
        return outputs


class Pair:
    """Two clients in conversation, their session begun."""

    def __init__(self) -> None:
        self._ends = ends = Acquainted()
        self._alice = Side("alice", ends.alice, ends.ambient)
        self._bob = Side("bob", ends.bob, ends.ambient)
        ends.begin()
        self._hear_until_receipt(A_RECEIPT - 1)

    def round(self, receipts: int) -> tuple[float, float]:
        """Seconds of the sender and of the recipient, for a message."""
        self._alice.seconds = self._bob.seconds = 0.0
        for _ in range(receipts):
            self._hear_until_receipt(A_RECEIPT)
        messages = receipts * A_RECEIPT
        return self._alice.seconds / messages, self._bob.seconds / messages

    def _hear_until_receipt(self, texts: int) -> None:
        """So many texts, until their sender has the receipt for them."""
        alice, bob = self._alice, self._bob
        for _ in range(texts):
            message = self._written()
            shown, *receipt = bob.hears(self._ends.to_deliver("alice", message))
            assert isinstance(shown, ce.TextReceived)
        (answer,) = bob.says(receipt)
        (sent,) = alice.hears(m.Sent(message.ref))
        (delivered,) = alice.hears(self._ends.to_deliver("bob", answer))
        assert isinstance(sent, ce.SentOn)
        assert isinstance(delivered, ce.Delivered)
        assert len(delivered.mids) == A_RECEIPT

    def _written(self) -> m.ChatSend:
        began = thread_time()
        outputs = self._ends.write(TEXT)
        self._alice.seconds += thread_time() - began
        (message,) = self._alice.says(outputs)
        return message


def _welcome(server_fp: bytes, name: str) -> m.Welcome:
    return m.Welcome(server_fp, name.encode().ljust(8), name, "127.0.0.1:1", 1, 1, 1, 1)
