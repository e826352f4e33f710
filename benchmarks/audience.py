"""Many clients in one process: `python -m benchmarks.audience PORT idle|talk COUNT`.

It prints "ready", waits for a line, and logs COUNT clients in, one after the other; prints the
seconds, and from then on answers what the server asks. With `talk` they are pairs: at the next
line, a number, each pair says so many messages, one a second, and the seconds from each one's
sealing to its opening are printed as JSON. Ends with its input. Its own side's cryptography is cut
short where the protocol allows: all have one RSA key, one ephemeral pair and one bundle.
"""

from __future__ import annotations

import json
import os
import selectors
import sys
import time
from collections.abc import Sequence

from benchmarks.clients import Client, prekey, wall_ms
from benchmarks.scratch import read_key
from rsachat.crypto.kem import Encapsulation, HybridKem, KemKeyPair
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.messages import ChatDeliver, ChatSend
from rsachat.runtime.addresses import raise_file_limit

KEY = "alice"
QUIET = 1.5  # seconds without a byte from the server: all is said
REST_SECONDS = 10.0  # among thousands somebody is always pinged: it is not quiet for ever
BETWEEN = 10  # logins after which the others are heard
ENVELOPE = bytes(181)


class OnePair:
    """A Kem whose every pair is the same one."""

    def __init__(self) -> None:
        self._kem = HybridKem()
        self._pair = self._kem.generate()

    def generate(self) -> KemKeyPair:
        return self._pair

    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        return self._kem.encapsulate(x, ek, info)


class Audience:
    """Clients that are logged in and answer."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._key, self._server_fp = read_key(KEY), read_key("server").public.fingerprint
        self._bundle = prekey(self._key, KEY, self._server_fp)
        self._ambient = Ambient(time.monotonic, wall_ms, os.urandom, OnePair())
        self._selector = selectors.DefaultSelector()
        self.clients: list[Client] = []

    def join(self, count: int) -> float:
        """Seconds for so many logins with their bundles; then all that is told is heard."""
        began = time.perf_counter()
        for number in range(count):
            client = Client(self._port, self._key, self._server_fp, ambient=self._ambient)
            client.say(self._bundle)
            self.clients.append(client)
            self._selector.register(client.sock, selectors.EVENT_READ, client)
            if number % BETWEEN == 0:
                self.hear(0.0)
        took = time.perf_counter() - began
        rest = time.perf_counter() + REST_SECONDS
        while self.hear(QUIET) and time.perf_counter() < rest:
            pass
        return took

    def hear(self, seconds: float) -> list[Client]:
        """Who was told something, waiting so long for it; pings are answered."""
        told = [key.data for key, _ in self._selector.select(seconds)]
        for client in told:
            client.pull()
        return told

    def stay(self) -> str:
        """Answer until a line comes on stdin, and return it."""
        with selectors.DefaultSelector() as both:
            both.register(sys.stdin, selectors.EVENT_READ)
            both.register(self._selector.fileno(), selectors.EVENT_READ)
            while not any(key.fileobj is sys.stdin for key, _ in both.select()):
                for client in self.hear(0.0):
                    client.messages.clear()
        return sys.stdin.readline()

    def talk(self, seconds: int) -> list[float]:
        """Each pair a message a second, one pair after the other; the seconds that each took."""
        pairs = list(zip(self.clients[::2], self.clients[1::2], strict=True))
        writers = {id(far): number for number, (_, far) in enumerate(pairs)}
        sent, took = [0.0] * len(pairs), list[float]()
        began, said, total = time.perf_counter(), 0, seconds * len(pairs)
        while len(took) < total:
            now = time.perf_counter()
            if said < total and now >= began + said / len(pairs):
                round_, number = divmod(said, len(pairs))
                sent[number] = now
                _say(*pairs[number], round_ + 1)
                said += 1
                continue
            for client in self.hear(0.0005):
                now = time.perf_counter()
                heard = [one for one in client.messages if isinstance(one, ChatDeliver)]
                client.messages.clear()
                took += [now - sent[writers[id(client)]] for _ in heard]
        return took


def _say(near: Client, far: Client, ref: int) -> None:
    assert far.welcome is not None
    near.say(ChatSend(ref, far.welcome.session, ENVELOPE))


def main(arguments: Sequence[str]) -> None:
    port, what, count = arguments
    raise_file_limit()
    audience = Audience(int(port))
    print("ready", flush=True)
    sys.stdin.readline()
    print(audience.join(int(count)), flush=True)
    line = audience.stay()
    if line and what == "talk":
        print(json.dumps(audience.talk(int(line))), flush=True)
        audience.stay()


if __name__ == "__main__":
    main(sys.argv[1:])
