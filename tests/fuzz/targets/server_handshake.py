"""What a client sends to a server, in each state: in clear, under the keys, and once it is in.

The client's keys are its own, so that its proofs are right where only the fields are fuzzed. A
client counts as proven with exactly the role, name and key that it signed.
"""

from rsachat.crypto.kdf import mac
from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.codes import Role
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.link import ClientLink, ServerLink
from rsachat.protocol.states import ServerState
from tests.fuzz import cheap, links
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.wire import welcome

_HELLO_HEAD = len(PREAMBLE) + 5  # and the frame's length and type
_FIN = 32


def seeds() -> list[bytes]:
    """The stage, then what it wants: a stream, or a role and changes."""
    openings = [PREAMBLE, PREAMBLE + b"\x00\x00\x00\x02\x0f\x03", b"RSACHAT\x02", b"GET / HTTP/1.1"]
    plain = [b"\x00" + stream for stream in openings] + [b"\x01\x00", b"\x02\x00\x01\x00"]
    roles = [bytes([stage, role, 0]) for stage in (2, 3, 4) for role in range(3)]
    talks = [bytes([4, n % 3, 0, 0, 1, n, 0, 0, 0, 2, n + 5, 0, 0]) for n in range(0, 36, 3)]
    return [
        *plain,
        *roles,
        *talks,
        b"\x03\x00\x05alice\x00",
        b"\x03\x02\x00",
        b"\x03\x00\x00\x01\x00\x01\xf0\x01\xaa",
        b"\x03\x00\x06Alice!",
    ]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    stage = drawn.number() % 5
    with cheap.rsa():
        server = ServerLink(keys.public("server"), cheap.ambient(seed=1))
        if stage == 0:
            for _ in range(3):
                _no_login(links.feed(server, drawn.blob()))
            _no_login(links.feed(server, drawn.rest()))
        elif stage == 1:
            _hello(server, drawn)
        else:
            _authenticate(server, drawn, stage)


def _no_login(events: list[ev.LinkEvent]) -> None:
    assert not any(isinstance(event, ev.ClientProven) for event in events)


def _client(drawn: Drawn) -> ClientLink:
    role = drawn.one_of(list(Role))
    name = drawn.blob()[:32].decode("ascii", "replace").encode()[:32].decode("utf-8", "ignore")
    server_fp = keys.public("server").fingerprint
    return ClientLink(keys.public("alice"), cheap.ambient(seed=2), role, name, server_fp)


def _hello(server: ServerLink, drawn: Drawn) -> None:
    opening = _client(drawn).data_to_send()
    payload = drawn.patched(opening[_HELLO_HEAD:])
    frame = (len(payload) + 1).to_bytes(4, "big") + opening[_HELLO_HEAD - 1 : _HELLO_HEAD] + payload
    events = links.feed(server, PREAMBLE + frame)
    _no_login(events)
    if any(isinstance(event, ev.SignatureNeeded) for event in events):
        links.feed(server, drawn.blob())
        server.signature_ready(bytes(384))
        _no_login(links.feed(server, drawn.rest()))


def _authenticate(server: ServerLink, drawn: Drawn, stage: int) -> None:
    client = _client(drawn)
    (asked,) = links.feed(server, client.data_to_send())
    assert isinstance(asked, ev.SignatureNeeded)
    server.signature_ready(keys.private("server").sign(asked.label, asked.message))
    (claim,) = client.receive_data(server.data_to_send())
    assert isinstance(claim, ev.SignatureNeeded)
    sig = keys.private("alice").sign(claim.label, claim.message)
    if stage == 2:
        _anything(server, client, drawn)
    elif stage == 3:
        _changed_proof(server, client, sig, drawn)
    else:
        _logged_in(server, client, sig, drawn)


def _anything(server: ServerLink, client: ClientLink, drawn: Drawn) -> None:
    if drawn.number() % 2:
        data = client._handshake._sealer.seal(links.plaintext(drawn))
    else:
        data = drawn.rest()
    _no_login(links.feed(server, data))


def _changed_proof(server: ServerLink, client: ClientLink, sig: bytes, drawn: Drawn) -> None:
    """CLIENT_AUTH with its MAC right, and other fields than were signed."""
    own = client._handshake
    auth = m.ClientAuth(own._role, own._name, own._identity.spki, sig, bytes(_FIN))
    honest = codec.encode_payload(auth)[:-_FIN]
    payload = drawn.patched(honest)
    start = links.message(auth.type, payload + bytes(_FIN))[:-_FIN]
    fin = mac(own._keys.client_finished, own._transcript.hash(start))
    events = links.feed(server, own._sealer.seal(start + fin))
    for event in events:
        if isinstance(event, ev.ClientProven):
            assert payload == honest
            proven = (event.role, event.name, event.key)
            assert proven == (own._role, own._name, keys.public("alice"))
        else:
            assert isinstance(event, ev.LinkFailed)


def _logged_in(server: ServerLink, client: ClientLink, sig: bytes, drawn: Drawn) -> None:
    own = client._handshake
    client.signature_ready(sig)
    events = links.feed(server, client.data_to_send() + drawn.blob())
    if not any(isinstance(event, ev.ClientProven) for event in events):
        return
    if server.state is ServerState.DECIDING and drawn.number() % 8 == 7:
        server.refuse(drawn.number())
        assert not server.established
        return
    server.accept(welcome())
    links.talk(server, own.application().client, drawn)
