"""Attacks on the handshake (PROTOCOL section 9, hop_*): each must fail closed.

Closed means: the side that is lied to ends, the client shows no login and names itself to
nobody unproven, and the server proves no client.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from Crypto.PublicKey import RSA

from rsachat.crypto.kdf import sha256
from rsachat.crypto.record_cipher import RecordCipher
from rsachat.crypto.rsa import PrivateKey, PublicKey
from rsachat.protocol import codec, handshake
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.frames import encode_frame
from rsachat.protocol.states import ClientState, ServerState
from tests.support import keys
from tests.support.unlawful import Unlawful, rsa2048, with_exponent
from tests.support.wire import (
    CLIENT,
    SERVER,
    Tamper,
    Wire,
    client_link,
    server_link,
    welcome,
)

MODULUS = 384


class Forger:
    """Stands where a key's owner stands: its signatures are what `make` says."""

    def __init__(self, public: PublicKey, make: Callable[[bytes, bytes], bytes]) -> None:
        self.public = public
        self._make = make

    def sign(self, label: bytes, message: bytes) -> bytes:
        return self._make(label, message)


def forger(public: PublicKey, make: Callable[[bytes, bytes], bytes]) -> PrivateKey:
    return cast(PrivateKey, Forger(public, make))


def flip(unit: bytes, bit: int) -> bytes:
    at = bit // 8 % len(unit)
    return unit[:at] + bytes([unit[at] ^ 1 << bit % 8]) + unit[at + 1 :]


def flipping(who: str, index: int, bit: int) -> Tamper:
    def tamper(sender: str, number: int, unit: bytes) -> Iterable[bytes]:
        return [flip(unit, bit) if (sender, number) == (who, index) else unit]

    return tamper


def replacing(who: str, index: int, change: Callable[[bytes], bytes]) -> Tamper:
    def tamper(sender: str, number: int, unit: bytes) -> Iterable[bytes]:
        return [change(unit) if (sender, number) == (who, index) else unit]

    return tamper


def putting(who: str, index: int, unit: bytes) -> Tamper:
    return replacing(who, index, lambda _unit: unit)


def some_bits(size: int, header: int = 5) -> list[int]:
    """Every bit of the first bytes, and one of about forty bytes spread over the rest."""
    rest = range(header, size, max(1, size // 40))
    return [*range(8 * header), *(8 * at + at % 8 for at in rest), 8 * size - 1]


def assert_client_closed(wire: Wire, sent: int = 2) -> None:
    """The client ended, showed no login, and sent no more than `sent` units."""
    assert not wire.seen(CLIENT, ev.Established)
    assert wire.client.state is ClientState.ENDED
    assert wire.client.data_to_send() == b""
    assert len(wire.units[CLIENT]) == sent


def assert_server_closed(wire: Wire, code: int | None) -> None:
    """The server proved nobody, and ended with this code."""
    assert not wire.seen(SERVER, ev.ClientProven)
    assert wire.server.state is ServerState.ENDED
    assert [failed.code for failed in wire.seen(SERVER, ev.LinkFailed)] == [code]


def stuck_or_closed(wire: Wire) -> bool:
    """Nobody is logged in; a side that still waits gets no further when the input ends."""
    wire.eof(CLIENT)
    wire.eof(SERVER)
    established = wire.seen(CLIENT, ev.Established)
    return not established and not wire.client.established


def test_hop_wrong_pin() -> None:
    wire = Wire(client_link(pin=keys.public("bob").fingerprint)).run()
    assert wire.events[CLIENT] == [ev.ServerMismatch(keys.public("server"))]
    assert_client_closed(wire)


def test_hop_wrong_pin_comes_before_the_signature() -> None:
    liar = forger(keys.public("server"), lambda _label, _message: bytes(MODULUS))
    wire = Wire(client_link(pin=keys.public("bob").fingerprint), server_key=liar).run()
    assert wire.events[CLIENT] == [ev.ServerMismatch(keys.public("server"))]


def test_hop_flip_client_hello() -> None:
    for bit in some_bits(1261):
        wire = Wire(tamper=flipping(CLIENT, 1, bit)).run()
        assert stuck_or_closed(wire), bit
        assert not wire.seen(SERVER, ev.ClientProven), bit
        assert len(wire.units[CLIENT]) == 2, bit


def test_hop_flip_preamble() -> None:
    for bit in range(64):
        wire = Wire(tamper=flipping(CLIENT, 0, bit)).run()
        assert stuck_or_closed(wire), bit
        assert not wire.seen(SERVER, ev.SignatureNeeded), bit


def test_hop_flip_server_hello() -> None:
    for bit in some_bits(1161):
        wire = Wire(tamper=flipping(SERVER, 0, bit)).run()
        assert stuck_or_closed(wire), bit
        assert len(wire.units[CLIENT]) == 2, bit


def test_hop_flip_server_auth() -> None:
    for bit in some_bits(866):
        wire = Wire(tamper=flipping(SERVER, 1, bit)).run()
        assert stuck_or_closed(wire), bit
        assert len(wire.units[CLIENT]) == 2, bit


def test_hop_flip_client_auth() -> None:
    for bit in some_bits(873):
        wire = Wire(tamper=flipping(CLIENT, 2, bit)).run()
        assert not wire.seen(SERVER, ev.ClientProven), bit
        assert stuck_or_closed(wire), bit


def test_hop_flip_auth_result() -> None:
    for bit in some_bits(25):
        wire = Wire(tamper=flipping(SERVER, 2, bit)).run()
        assert stuck_or_closed(wire), bit
        assert wire.client.state is ClientState.ENDED


def test_hop_refusal_cannot_be_made_a_welcome() -> None:
    for bit in some_bits(25):
        wire = Wire(tamper=flipping(SERVER, 2, bit), refuse=AlertCode.NOT_AUTHORIZED).run()
        assert stuck_or_closed(wire), bit
        assert not wire.seen(CLIENT, ev.Refused), bit


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("who", "index", "size"),
    [(CLIENT, 1, 1261), (SERVER, 0, 1161), (SERVER, 1, 866), (CLIENT, 2, 873)],
)
def test_hop_flip_any_byte(who: str, index: int, size: int) -> None:
    """One bit of every byte of every handshake message."""
    for at in range(size):
        wire = Wire(tamper=flipping(who, index, 8 * at + at % 8)).run()
        assert stuck_or_closed(wire), at
        assert not wire.seen(SERVER, ev.ClientProven), at


def test_hop_version_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "VERSIONS", (2, 1))
    link = client_link()
    monkeypatch.undo()

    def strip(unit: bytes) -> bytes:
        assert unit[5:10].hex() == "0200020001"
        return (len(unit) - 6).to_bytes(4, "big") + unit[4:5] + b"\x01\x00\x01" + unit[10:]

    wire = Wire(link, tamper=replacing(CLIENT, 1, strip)).run()
    assert wire.events[CLIENT] == [ev.LinkFailed(None, "a record does not verify")]
    assert_client_closed(wire)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda hello: replace(hello, suite=2), AlertCode.SUITE),
        (lambda hello: replace(hello, version=2), AlertCode.VERSION),
    ],
)
def test_hop_suite_not_offered(
    change: Callable[[m.ServerHello], m.ServerHello], code: AlertCode
) -> None:
    def offer(unit: bytes) -> bytes:
        hello = codec.decode(unit[4], unit[5:])
        assert isinstance(hello, m.ServerHello)
        return encode_frame(change(hello))

    wire = Wire(tamper=replacing(SERVER, 0, offer)).run()
    assert [failed.code for failed in wire.seen(CLIENT, ev.LinkFailed)] == [code]
    assert_client_closed(wire)


@pytest.mark.parametrize("x", [bytes(32), b"\x01" + bytes(31)])
def test_hop_zero_x25519(x: bytes) -> None:
    to_server = Wire(tamper=replacing(CLIENT, 1, lambda unit: unit[:43] + x + unit[75:])).run()
    assert_server_closed(to_server, AlertCode.DECODE)
    assert to_server.seen(CLIENT, ev.Refused) == [ev.Refused(AlertCode.DECODE)]
    to_client = Wire(tamper=replacing(SERVER, 0, lambda unit: unit[:41] + x + unit[73:])).run()
    assert [f.code for f in to_client.seen(CLIENT, ev.LinkFailed)] == [AlertCode.DECODE]
    assert_client_closed(to_client)


def test_hop_bad_mlkem_ek() -> None:
    beyond_q = b"\xff\xff\xff"

    def spoil(unit: bytes) -> bytes:
        return unit[:75] + beyond_q + unit[78:]

    wire = Wire(tamper=replacing(CLIENT, 1, spoil)).run()
    assert_server_closed(wire, AlertCode.DECODE)
    assert not wire.seen(SERVER, ev.SignatureNeeded)


def test_hop_sig_replayed_other_transcript() -> None:
    recorded: list[bytes] = []

    def record(label: bytes, message: bytes) -> bytes:
        recorded.append(keys.private("server").sign(label, message))
        return recorded[0]

    replay = forger(keys.public("server"), lambda _label, _message: recorded[0])
    assert Wire(server_key=forger(keys.public("server"), record)).run().client.established
    wire = Wire(server_key=replay).run()
    assert [f.code for f in wire.seen(CLIENT, ev.LinkFailed)] == [AlertCode.AUTH]
    assert_client_closed(wire)


def test_hop_server_sig_as_client_sig() -> None:
    """The server's own signing, made to sign a client's claim, proves no client."""
    oracle = forger(
        keys.public("server"),
        lambda _label, message: keys.private("server").sign(b"s auth", message),
    )
    wire = Wire(client_link("server"), client_key=oracle).run()
    assert_server_closed(wire, AlertCode.AUTH)
    assert wire.seen(CLIENT, ev.Refused) == [ev.Refused(AlertCode.AUTH)]


def test_hop_client_auth_to_other_server() -> None:
    """Bob runs a server that alice trusts, and hands her signature on to another one."""
    given: list[bytes] = []

    def sign(label: bytes, message: bytes) -> bytes:
        given.append(keys.private("alice").sign(label, message))
        return given[0]

    at_bob = Wire(
        client_link(pin=keys.public("bob").fingerprint),
        server_link("bob"),
        client_key=forger(keys.public("alice"), sign),
        server_key=keys.private("bob"),
        welcome=welcome("bob"),
    )
    assert at_bob.run().client.established
    forward = forger(keys.public("alice"), lambda _label, _message: given[0])
    wire = Wire(client_key=forward).run()
    assert_server_closed(wire, AlertCode.AUTH)


def spki_of(modulus: int, exponent: int) -> bytes:
    key = RSA.construct((modulus, exponent), consistency_check=False)
    return bytes(key.export_key("DER"))


def second_encoding() -> bytes:
    """Alice's key in 422 bytes once more: no NULL, and the exponent with two zero bytes."""
    spki = keys.public("alice").spki
    algorithm = bytes.fromhex("300b06092a864886f70d010101")
    integers = spki[19 + 4 + 5 :][: -len(bytes.fromhex("0203010001"))]
    inner = b"\x30\x82" + (len(integers) + 7).to_bytes(2, "big") + integers
    inner += bytes.fromhex("02050000010001")
    bits = b"\x03\x82" + (len(inner) + 1).to_bytes(2, "big") + b"\x00" + inner
    body = algorithm + bits
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


class Claimed:
    """An identity as an attacker writes it down, whatever it is; `sign` is another's."""

    def __init__(self, spki: bytes, signer: str) -> None:
        self.spki = spki
        self.fingerprint = sha256(spki)
        self.size = MODULUS
        self._signer = signer

    def sign(self, label: bytes, message: bytes) -> bytes:
        return keys.private(self._signer).sign(label, message)


Identity = Claimed | Unlawful


def refused_as_client(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """A login that claims `identity`, with everything right that its maker can get right."""
    wire = Wire(client_key=cast(PrivateKey, identity))
    wire.client._handshake._identity = cast(PublicKey, identity)
    unchecked(monkeypatch)
    return wire.run()


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the attacker's encoder write AUTH messages that ours would not."""

    def encode(auth: m.Message) -> bytes:
        if not isinstance(auth, m.ServerAuth | m.ClientAuth):
            return codec.encode(auth)
        start = b""
        if isinstance(auth, m.ClientAuth):
            start = bytes([auth.role, len(auth.name)]) + auth.name.encode()
        parts = [len(part).to_bytes(2, "big") + part for part in (auth.spki, auth.sig)]
        payload = start + b"".join(parts) + auth.fin
        return bytes([auth.type]) + len(payload).to_bytes(3, "big") + payload

    monkeypatch.setattr(handshake, "m", SimpleNamespace(**{**vars(m), "encode": encode}))


def refused_as_server(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Wire:
    wire = Wire(
        client_link(pin=identity.fingerprint),
        server_key=cast(PrivateKey, identity),
        welcome=replace(welcome(), server_fp=identity.fingerprint),
    )
    wire.server._handshake._identity = cast(PublicKey, identity)
    unchecked(monkeypatch)
    return wire.run()


def assert_key_refused(
    as_client: Identity, as_server: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_server = refused_as_client(as_client, monkeypatch)
    assert_server_closed(to_server, AlertCode.DECODE)
    assert to_server.seen(CLIENT, ev.Refused) == [ev.Refused(AlertCode.DECODE)]
    to_client = refused_as_server(as_server, monkeypatch)
    assert [f.code for f in to_client.seen(CLIENT, ev.LinkFailed)] == [AlertCode.DECODE]
    assert_client_closed(to_client)


def assert_spki_refused(spki: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_key_refused(Claimed(spki, "alice"), Claimed(spki, "server"), monkeypatch)


def test_hop_spki_noncanonical(monkeypatch: pytest.MonkeyPatch) -> None:
    spki = second_encoding()
    assert len(spki) == 422
    assert_spki_refused(spki, monkeypatch)
    assert_spki_refused(keys.public("alice").spki + b"\x00", monkeypatch)
    assert_spki_refused(keys.public("alice").spki[:-1], monkeypatch)


def test_hop_rsa2048_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where its owner signs by it, and of 3071 bits, the same length in bytes as 3072."""
    assert_key_refused(rsa2048(), rsa2048(), monkeypatch)
    assert_spki_refused(spki_of((1 << 3070) + 12345, 65537), monkeypatch)


@pytest.mark.parametrize("exponent", [3, 65539])
def test_hop_e3_refused(exponent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """65539 is as long as the lawful exponent, so no length gives it away."""
    key = with_exponent(exponent)
    assert_key_refused(key, key, monkeypatch)


@pytest.mark.parametrize(
    ("attribute", "value"), [("_role", Role.UPLOAD), ("_role", Role.JOIN), ("_name", "bob")]
)
def test_hop_role_flip(attribute: str, value: object) -> None:
    """Role and name are signed: another one in the message, with a right fin, is refused."""
    wire = Wire()

    def sign(label: bytes, message: bytes) -> bytes:
        sig = keys.private("alice").sign(label, message)
        setattr(wire.client._handshake, attribute, value)
        return sig

    wire.client_key = forger(keys.public("alice"), sign)
    assert_server_closed(wire.run(), AlertCode.AUTH)


def test_hop_type_out_of_state() -> None:
    """The product of all states and types is in test_states; here the handshake's own order."""
    for message in (m.ServerHello(1, 1, bytes(32), bytes(32), bytes(1088)), m.Alert(3), m.Close()):
        wire = Wire(tamper=putting(CLIENT, 1, encode_frame(message)))
        assert_server_closed(wire.run(), AlertCode.UNEXPECTED)
    again = Wire(tamper=lambda who, n, u: [u, u] if (who, n) == (SERVER, 0) else [u]).run()
    assert_client_closed(again)
    skipped = Wire(tamper=lambda who, n, u: [] if (who, n) == (SERVER, 1) else [u]).run()
    assert stuck_or_closed(skipped)
    unproven = Wire()
    unproven.run()
    unproven.server.send([codec.encode(unproven.welcome)])
    unproven.run()
    assert [f.code for f in unproven.seen(CLIENT, ev.LinkFailed)] == [AlertCode.UNEXPECTED]


def test_hop_company_in_a_handshake_record() -> None:
    """CLIENT_AUTH is the only message of its record."""
    wire = Wire(tamper=lambda who, n, u: [] if (who, n) == (CLIENT, 2) else [u]).run()
    proof = wire.client._handshake
    record = RecordCipher(proof._keys.client)
    wire.feed(SERVER, record.seal(proof._transcript._parts[-1] + codec.encode(m.Ping(bytes(8)))))
    assert_server_closed(wire, AlertCode.UNEXPECTED)


@pytest.mark.parametrize("length", [0, 8193, 0xFFFFFFFF])
def test_hop_oversize_frame(length: int) -> None:
    header = length.to_bytes(4, "big")
    wire = Wire(tamper=putting(CLIENT, 1, header)).run()
    assert_server_closed(wire, AlertCode.DECODE)
    assert wire.server._reader.waiting <= 4
    other = Wire(tamper=putting(SERVER, 0, header)).run()
    assert [f.code for f in other.seen(CLIENT, ev.LinkFailed)] == [AlertCode.DECODE]


def test_hop_welcome_wrong_h3() -> None:
    """A server that saw another CLIENT_AUTH has other application keys: no login is shown."""
    wire = Wire()
    wire.before_accept = lambda: wire.server._handshake._transcript.add(b"another")
    wire.run()
    assert wire.events[CLIENT][-1] == ev.LinkFailed(None, "a record does not verify")
    assert_client_closed(wire, sent=3)


def test_hop_welcome_of_another_server() -> None:
    wire = Wire(welcome=welcome("bob")).run()
    assert [f.code for f in wire.seen(CLIENT, ev.LinkFailed)] == [AlertCode.AUTH]
    assert_client_closed(wire, sent=3)
