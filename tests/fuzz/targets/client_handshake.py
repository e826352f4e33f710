"""What a server sends to a client, in each state: in clear, under the keys, and after WELCOME.

Before the server has proven the key that is pinned, the client says nothing that names it: its
hello is all that leaves, whatever comes.
"""

from dataclasses import dataclass

from rsachat.crypto.kdf import mac
from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.codes import Role
from rsachat.protocol.link import ClientLink, ServerLink
from rsachat.protocol.records import Sealer
from rsachat.protocol.states import ClientState
from rsachat.settings import RecordLimits
from tests.fuzz import cheap, links
from tests.fuzz.drawn import Drawn
from tests.support import keys
from tests.support.wire import welcome

_FIN = 32
_HEAD = 5  # of a frame: length and type


def seeds() -> list[bytes]:
    """The stage, role, and pin with the key's owner, then what the stage wants."""
    alert = b"\x00\x00\x00\x03\x0f\x08\x00"
    stages = [
        bytes([stage, role, pin]) for stage in range(7) for role in range(3) for pin in (0, 1)
    ]
    talks = [bytes([6, n % 3, 0, 1, n, 0, 0, 0, 2, n + 5, 0, 0]) for n in range(0, 36, 3)]
    welcomes = [b"\x05\x00\x00\x01\x00\x00\x21\x01X", b"\x05\x01\x00\x01\x03\x00\x30"]
    signed = b"\x03\x00\x00\x01\x00\x01\xf0\x01\xaa"
    others = [bytes([stage, 0, pin | 64]) for stage in (3, 4) for pin in range(4)]
    return [*stages, *talks, *welcomes, signed, *others, b"\x00\x00\x00\x07" + alert]


@dataclass(frozen=True)
class _Meeting:
    """Both ends, the server's signature, and whether the key that it proves is the pinned one."""

    client: ClientLink
    server: ServerLink
    sig: bytes
    pinned: bool


def target(data: bytes) -> None:
    drawn = Drawn(data)
    stage, role, choice = drawn.number() % 7, drawn.one_of(list(Role)), drawn.number()
    fp, owner = keys.public("server").fingerprint, ("server", "carol")[choice >> 6 & 1]
    pin = (fp, fp[:16], None, bytes(32))[choice % 4]
    with cheap.rsa():
        client = ClientLink(keys.public("alice"), cheap.ambient(seed=2), role, "alice", pin)
        server = ServerLink(keys.public(owner), cheap.ambient(seed=1))
        opening = client.data_to_send()
        if stage == 0:
            for _ in range(3):
                _silent(client, links.feed(client, drawn.blob()))
            _silent(client, links.feed(client, drawn.rest()))
            return
        (asked,) = server.receive_data(opening)
        assert isinstance(asked, ev.SignatureNeeded)
        sig = keys.private(owner).sign(asked.label, asked.message)
        pinned = pin is not None and keys.public(owner).fingerprint.startswith(pin)
        act = _before_proof if stage <= 3 else _after_proof
        act(_Meeting(client, server, sig, pinned), drawn, stage)


def _silent(client: ClientLink, events: list[ev.LinkEvent]) -> None:
    assert not any(isinstance(event, ev.SignatureNeeded | ev.Established) for event in events)
    assert client.data_to_send() == b""


def _before_proof(meeting: _Meeting, drawn: Drawn, stage: int) -> None:
    client, own = meeting.client, meeting.server._handshake
    frame = own._frame
    if stage == 1:
        payload = drawn.patched(frame[_HEAD:])
        changed = (len(payload) + 1).to_bytes(4, "big") + frame[_HEAD - 1 : _HEAD] + payload
        _silent(client, links.feed(client, changed + drawn.rest()))
        return
    _silent(client, links.feed(client, frame))
    if stage == 2:
        sealed = drawn.number() % 2
        data = own._sealer.seal(links.plaintext(drawn)) if sealed else drawn.rest()
        _silent(client, links.feed(client, data))
        return
    _changed_proof(meeting, drawn)


def _changed_proof(meeting: _Meeting, drawn: Drawn) -> None:
    """SERVER_AUTH with its MAC right, and another key or signature than belong together."""
    client, own = meeting.client, meeting.server._handshake
    auth = m.ServerAuth(own._identity.spki, meeting.sig, bytes(_FIN))
    honest = codec.encode_payload(auth)[:-_FIN]
    payload = drawn.patched(honest)
    start = links.message(auth.type, payload + bytes(_FIN))[:-_FIN]
    fin = mac(own._keys.server_finished, own._transcript.hash(start))
    events = links.feed(client, own._sealer.seal(start + fin))
    for event in events:
        if isinstance(event, ev.SignatureNeeded | ev.ServerUnpinned):
            assert payload == honest
            assert meeting.pinned or isinstance(event, ev.ServerUnpinned)
    assert client.data_to_send() == b""


def _after_proof(meeting: _Meeting, drawn: Drawn, stage: int) -> None:
    client, server = meeting.client, meeting.server
    own = server._handshake
    server.signature_ready(meeting.sig)
    (claim,) = links.feed(client, server.data_to_send())
    if not isinstance(claim, ev.SignatureNeeded):
        assert isinstance(claim, ev.ServerUnpinned | ev.ServerMismatch)
        assert client.data_to_send() == b""
        return
    assert meeting.pinned
    client.signature_ready(keys.private("alice").sign(claim.label, claim.message))
    (proven,) = server.receive_data(client.data_to_send())
    assert isinstance(proven, ev.ClientProven)
    if stage == 4:
        events = links.feed(client, own._sealer.seal(links.plaintext(drawn)))
        assert not any(isinstance(event, ev.Established) for event in events)
        return
    secret = own.application().server
    if stage == 5:
        links.feed(client, own._sealer.seal(codec.encode(m.AuthResult(0))))
        _changed_welcome(client, secret, drawn)
        return
    server.accept(welcome())
    (established,) = links.feed(client, server.data_to_send())
    assert isinstance(established, ev.Established)
    server.data_to_send()
    links.talk(client, secret, drawn)


def _changed_welcome(client: ClientLink, secret: bytes, drawn: Drawn) -> None:
    """WELCOME is the first record under the server's keys."""
    sealer = Sealer(secret, 0.0, RecordLimits())
    payload = drawn.patched(codec.encode_payload(welcome()))
    type_ = drawn.one_of([m.Welcome.type, m.Welcome.type, m.Alert.type, m.Close.type])
    events = links.feed(client, sealer.seal(links.message(type_, payload), 0.0))
    if any(isinstance(event, ev.Established) for event in events):
        assert payload[:32] == keys.public("server").fingerprint
        assert client.state in (ClientState.CHAT, ClientState.UPLOAD, ClientState.JOIN)
