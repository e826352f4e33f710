"""The two machines by themselves: what is signed, what is MACed, and each check alone."""

from dataclasses import replace
from typing import TypeVar

import pytest

from rsachat.crypto.kdf import mac, sha256
from rsachat.crypto.record_cipher import RecordCipher
from rsachat.errors import ProtocolError
from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.fields import s8, u8, u32
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.handshake import ClientHandshake, ServerHandshake
from rsachat.protocol.key_schedule import application_secrets
from rsachat.protocol.link_events import ClientProven, ServerUnpinned, SignatureNeeded
from tests.support import keys
from tests.support.wire import ambient, cut

Kind = TypeVar("Kind", bound=m.Message)
SERVER, ALICE = keys.public("server"), keys.public("alice")


class Pair:
    """Two machines, led step by step; `t` is the transcript as the test keeps it."""

    def __init__(
        self, role: Role = Role.CHAT, name: str = "alice", pin: bytes | None = SERVER.fingerprint
    ) -> None:
        self.server = ServerHandshake(SERVER, ambient())
        self.client = ClientHandshake(ALICE, ambient(), role, name, pin)
        self.t = self.client.opening

    def exchange_hellos(self) -> SignatureNeeded:
        frame = cut(self.client.opening)[1]
        hello = codec.decode(frame[4], frame[5:])
        assert isinstance(hello, m.ClientHello)
        return self.server.hello(frame[4:], hello)

    def server_auth(self, sig: bytes) -> tuple[bytes, m.ServerAuth]:
        """Hands SERVER_HELLO to the client; returns SERVER_AUTH as the client reads it."""
        frame, record = cut(self.server.signed(sig))
        self.t += frame
        hello = codec.decode(frame[4], frame[5:])
        assert isinstance(hello, m.ServerHello)
        self.client.server_hello(frame[4:], hello)
        return read(self.client.open(record[4:]), m.ServerAuth)

    def until_client_signs(self) -> SignatureNeeded:
        needed = self.exchange_hellos()
        plaintext, auth = self.server_auth(
            keys.private("server").sign(needed.label, needed.message)
        )
        self.t += plaintext
        event = self.client.server_auth(plaintext, auth)
        assert isinstance(event, SignatureNeeded)
        return event

    def client_auth(self) -> tuple[bytes, m.ClientAuth]:
        needed = self.until_client_signs()
        record = self.client.signed(keys.private("alice").sign(needed.label, needed.message))
        return read(self.server.open(record[4:]), m.ClientAuth)


def read(plaintext: bytes, kind: type[Kind]) -> tuple[bytes, Kind]:
    message = codec.decode(plaintext[0], plaintext[4:])
    assert isinstance(message, kind)
    return plaintext, message


def code_of(caught: pytest.ExceptionInfo[ProtocolError]) -> int:
    return caught.value.code


def test_the_server_signs_the_hellos_and_its_own_key() -> None:
    pair = Pair()
    needed = pair.exchange_hellos()
    pair.server_auth(b"s" * 384)
    assert needed == SignatureNeeded(b"s auth", sha256(pair.t) + SERVER.fingerprint)


@pytest.mark.parametrize(("role", "name"), [(Role.CHAT, "alice"), (Role.UPLOAD, "")])
def test_the_client_signs_the_server_its_role_and_name(role: Role, name: str) -> None:
    pair = Pair(role, name)
    needed = pair.until_client_signs()
    claim = sha256(pair.t) + u8(role) + s8(name) + ALICE.fingerprint
    assert needed == SignatureNeeded(b"c auth", claim)


def test_both_reach_the_same_application_secrets() -> None:
    pair = Pair()
    plaintext, auth = pair.client_auth()
    assert pair.server.client_auth(plaintext, auth) == ClientProven(Role.CHAT, "alice", ALICE)
    expected = application_secrets(pair.server._keys.root, sha256(pair.t + plaintext))
    assert pair.server.application() == pair.client.application() == expected


def test_the_transcript_begins_with_the_preamble() -> None:
    pair = Pair()
    assert pair.t.startswith(PREAMBLE + u32(1257) + b"\x01")


def test_fin_is_a_mac_over_all_before_it() -> None:
    pair = Pair()
    pair.exchange_hellos()
    plaintext, auth = pair.server_auth(b"s" * 384)
    key = pair.client._keys.server_finished
    assert auth.fin == mac(key, sha256(pair.t + plaintext[:-32]))


def test_client_checks_fin_before_anything_else() -> None:
    pair = Pair(pin=keys.public("bob").fingerprint)
    pair.exchange_hellos()
    plaintext, auth = pair.server_auth(b"s" * 384)
    with pytest.raises(ProtocolError) as caught:
        pair.client.server_auth(plaintext[:-1] + bytes([plaintext[-1] ^ 1]), auth)
    assert code_of(caught) == AlertCode.AUTH


def test_client_checks_the_signature_without_a_pin_too() -> None:
    pair = Pair(pin=None)
    needed = pair.exchange_hellos()
    plaintext, auth = pair.server_auth(keys.private("server").sign(needed.label, needed.message))
    assert pair.client.server_auth(plaintext, auth) == ServerUnpinned(SERVER)
    liar = Pair(pin=None)
    liar.exchange_hellos()
    with pytest.raises(ProtocolError) as caught:
        liar.client.server_auth(*liar.server_auth(b"s" * 384))
    assert code_of(caught) == AlertCode.AUTH


def test_server_checks_fin_before_the_signature() -> None:
    pair = Pair()
    plaintext, auth = pair.client_auth()
    with pytest.raises(ProtocolError) as caught:
        pair.server.client_auth(plaintext[:-1] + bytes([plaintext[-1] ^ 1]), auth)
    assert code_of(caught) == AlertCode.AUTH
    assert pair.server.client_auth(plaintext, auth).key == ALICE


@pytest.mark.parametrize(
    ("role", "name"),
    [(Role.CHAT, "Alice"), (Role.CHAT, "-a"), (Role.UPLOAD, "a b"), (Role.JOIN, "")],
)
def test_server_refuses_a_wish_that_is_no_name(role: Role, name: str) -> None:
    pair = Pair(role, name)
    with pytest.raises(ProtocolError) as caught:
        pair.server.client_auth(*pair.client_auth())
    assert code_of(caught) == AlertCode.DECODE


def test_server_refuses_a_stranger_s_signature() -> None:
    pair = Pair()
    plaintext, auth = pair.client_auth()
    plaintext = codec.encode(replace(auth, sig=b"s" * 384, fin=bytes(32)))[:-32]
    fin = mac(pair.server._keys.client_finished, sha256(pair.t + plaintext))
    with pytest.raises(ProtocolError) as caught:
        pair.server.client_auth(*read(plaintext + fin, m.ClientAuth))
    assert code_of(caught) == AlertCode.AUTH


def test_each_direction_has_its_own_handshake_key() -> None:
    pair = Pair()
    pair.until_client_signs()
    assert RecordCipher(pair.client._keys.server).seal(b"x") != (
        RecordCipher(pair.client._keys.client).seal(b"x")
    )


def test_the_ephemeral_pair_is_dropped_after_server_hello() -> None:
    pair = Pair()
    pair.exchange_hellos()
    assert hasattr(pair.client, "_pair")
    pair.server_auth(b"s" * 384)
    assert not hasattr(pair.client, "_pair")
