"""The published handshake and records, made by a second hand, byte for byte in both roles."""

from dataclasses import astuple
from typing import Any

from Crypto.Protocol import DH
from Crypto.PublicKey import MLKEM

from rsachat.crypto.kem import Encapsulation, HybridKeyPair, KemKeyPair
from rsachat.protocol import codec
from rsachat.protocol import link_events as ev
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import Role
from rsachat.protocol.frames import PREAMBLE
from rsachat.protocol.key_schedule import application_secrets, handshake_keys
from rsachat.protocol.link import ClientLink, ServerLink
from rsachat.protocol.records import Opener, Sealer
from rsachat.settings import RecordLimits
from tests.support import keys
from tests.support.vectors import load

RECORDS = load("records")
KEY_UPDATE = codec.encode(m.KeyUpdate())
HANDSHAKE: dict[str, Any] = load("handshake")


def raw(name: str) -> bytes:
    return bytes.fromhex(HANDSHAKE[name])


class RecordedKem:
    """The client's pair from its seeds, and the server's encapsulation as it was recorded."""

    def generate(self) -> KemKeyPair:
        return HybridKeyPair(
            DH.import_x25519_private_key(raw("client_x_private")),
            MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=raw("client_mlkem_seed")),
        )

    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        assert info == b"rsachat/1 hop"
        pair = self.generate()
        assert (x, ek) == (pair.x, pair.ek)
        hello = raw("server_hello")[5:]
        return Encapsulation(hello[36:68], hello[68:], raw("secret"))


def recorded(random: bytes) -> Ambient:
    return Ambient(lambda: 0.0, lambda: 0, lambda _count: random, RecordedKem())


def client() -> ClientLink:
    pin = keys.public("server").fingerprint
    return ClientLink(keys.public("alice"), recorded(raw("client_random")), Role.CHAT, "alice", pin)


def server() -> ServerLink:
    return ServerLink(keys.public("server"), recorded(raw("server_random")))


def welcome() -> m.Welcome:
    message = codec.decode(0x10, raw("welcome")[4:])
    assert isinstance(message, m.Welcome)
    return message


def test_the_key_schedule_is_the_published_one() -> None:
    hs = handshake_keys(raw("secret"), raw("h1"))
    names = ["hs", "server_hs_keys", "client_hs_keys", "server_fin_key", "client_fin_key"]
    assert astuple(hs) == tuple(raw(name) for name in names)
    app = application_secrets(hs.root, raw("h3"))
    assert astuple(app) == tuple(raw(name) for name in ("server_d0", "client_d0", "exporter"))


def test_the_client_says_what_was_recorded() -> None:
    link = client()
    assert link.data_to_send() == PREAMBLE + raw("client_hello")
    (needed,) = link.receive_data(raw("server_hello") + raw("server_auth_record"))
    claim = raw("h2") + b"\x00\x05alice" + keys.public("alice").fingerprint
    assert needed == ev.SignatureNeeded(b"c auth", claim)
    link.signature_ready(raw("client_sig"))
    assert link.data_to_send() == raw("client_auth_record")
    events = link.receive_data(raw("auth_result_record") + raw("welcome_record"))
    assert events == [ev.Established(welcome())]


def test_the_server_says_what_was_recorded() -> None:
    link = server()
    (needed,) = link.receive_data(PREAMBLE + raw("client_hello"))
    assert needed == ev.SignatureNeeded(b"s auth", raw("h1") + keys.public("server").fingerprint)
    link.signature_ready(raw("server_sig"))
    assert link.data_to_send() == raw("server_hello") + raw("server_auth_record")
    (proven,) = link.receive_data(raw("client_auth_record"))
    assert proven == ev.ClientProven(Role.CHAT, "alice", keys.public("alice"))
    link.accept(welcome())
    assert link.data_to_send() == raw("auth_result_record") + raw("welcome_record")


def test_the_published_records_are_sealed() -> None:
    """Keys that hold four records at most make the recorded stream by themselves."""
    sealer = Sealer(bytes.fromhex(RECORDS["d0"]), 0.0, RecordLimits(records=4))
    plaintexts = [bytes.fromhex(row["plaintext"]) for row in RECORDS["records"]]
    stream = b"".join(sealer.seal(p, 0.0) for p in plaintexts if p != KEY_UPDATE)
    assert stream.hex() == "".join(row["record"] for row in RECORDS["records"])


def test_the_published_records_are_opened() -> None:
    opener = Opener(bytes.fromhex(RECORDS["d0"]), RecordLimits(records=4))
    for row in RECORDS["records"]:
        plaintext = opener.open(bytes.fromhex(row["record"])[4:])
        assert plaintext.hex() == row["plaintext"]
        if plaintext == KEY_UPDATE:
            opener.step()
