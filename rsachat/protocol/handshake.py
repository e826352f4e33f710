"""The hop handshake of both roles: what is signed, MACed and checked (PROTOCOL section 2).

SIGMA-I: the server proves itself first, and the client names itself only to a proven server.
Bytes and messages in, bytes and events out. The order of calls is the link's (and its state
table's) business. No private key is ever here: a machine says what has to be signed.
"""

from collections.abc import Sequence

from rsachat.crypto.kdf import equal, mac, sha256
from rsachat.crypto.kem import KemError
from rsachat.crypto.record_cipher import RecordCipher
from rsachat.crypto.rsa import KeyFormatError, PublicKey
from rsachat.errors import ProtocolError
from rsachat.names import is_name
from rsachat.protocol import codec
from rsachat.protocol import messages as m
from rsachat.protocol.ambient import Ambient
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.fields import decode_error, s8, u8, u32
from rsachat.protocol.frames import PREAMBLE, VERSIONS, encode_frame, other_version
from rsachat.protocol.key_schedule import (
    KEM_INFO,
    ApplicationSecrets,
    HandshakeKeys,
    Transcript,
    application_secrets,
    handshake_keys,
)
from rsachat.protocol.link_events import (
    ClientProven,
    ServerMismatch,
    ServerUnpinned,
    SignatureNeeded,
)
from rsachat.protocol.records import open_record

SUITES = (0x0001,)
PIN_BYTES = (16, 32)
_RANDOM = 32
_FIN = 32
_SERVER_LABEL = b"s auth"
_CLIENT_LABEL = b"c auth"


class ServerHandshake:
    """The server's side of one handshake."""

    __slots__ = ("_ambient", "_frame", "_identity", "_keys", "_opener", "_sealer", "_transcript")

    _keys: HandshakeKeys
    _frame: bytes
    _sealer: RecordCipher
    _opener: RecordCipher

    def __init__(self, identity: PublicKey, ambient: Ambient) -> None:
        self._identity = identity
        self._ambient = ambient
        self._transcript = Transcript(PREAMBLE)

    def hello(self, body: bytes, hello: m.ClientHello) -> SignatureNeeded:
        """CLIENT_HELLO, as it came and read. Raises ProtocolError(VERSION, SUITE or DECODE)."""
        version = _pick_version(hello.versions)
        suite = _pick_suite(hello.suites)
        try:
            sent = self._ambient.kem.encapsulate(hello.x, hello.ek, KEM_INFO)
        except KemError as error:
            raise decode_error("the client's ephemeral keys are refused") from error
        self._frame = encode_frame(
            m.ServerHello(version, suite, self._ambient.random(_RANDOM), sent.x, sent.ct)
        )
        self._transcript.add(u32(len(body)) + body)
        self._transcript.add(self._frame)
        h1 = self._transcript.hash()
        self._keys = handshake_keys(sent.secret, h1)
        self._sealer = RecordCipher(self._keys.server)
        self._opener = RecordCipher(self._keys.client)
        return SignatureNeeded(_SERVER_LABEL, h1 + self._identity.fingerprint)

    def signed(self, sig: bytes) -> bytes:
        """SERVER_HELLO and the record of SERVER_AUTH, ready to be written."""
        auth = m.ServerAuth(self._identity.spki, sig, bytes(_FIN))
        plaintext = _finish(auth, self._keys.server_finished, self._transcript)
        self._transcript.add(plaintext)
        return self._frame + self._sealer.seal(plaintext)

    def client_auth(self, plaintext: bytes, auth: m.ClientAuth) -> ClientProven:
        """CLIENT_AUTH: fin, then key, then signature. Raises ProtocolError(AUTH or DECODE)."""
        role = _wished_role(auth)
        _check_finished(plaintext, self._keys.client_finished, self._transcript)
        key = _identity(auth.spki)
        claim = _client_claim(self._transcript.hash(), role, auth.name, key)
        _check_signature(key, _CLIENT_LABEL, claim, auth.sig)
        self._transcript.add(plaintext)
        return ClientProven(role, auth.name, key)

    def open(self, body: bytes) -> bytes:
        """A record under the client's handshake key. Raises Unanswered."""
        return open_record(self._opener, body)

    def seal(self, message: m.Message) -> bytes:
        """A record under the server's handshake key: so a refusal is authenticated too."""
        return self._sealer.seal(codec.encode(message))

    def application(self) -> ApplicationSecrets:
        return application_secrets(self._keys.root, self._transcript.hash())


class ClientHandshake:
    """The client's side; `pin` is the beginning (16 or 32 bytes) of the server's fingerprint."""

    __slots__ = (
        *("_identity", "_keys", "_name", "_opener", "_pair", "_pin", "_role", "_sealer"),
        *("_transcript", "opening", "server"),
    )

    _keys: HandshakeKeys
    _sealer: RecordCipher
    _opener: RecordCipher
    server: PublicKey

    def __init__(
        self, identity: PublicKey, ambient: Ambient, role: Role, name: str, pin: bytes | None
    ) -> None:
        if pin is not None and len(pin) not in PIN_BYTES:
            raise ValueError("a pin is 16 or 32 bytes of a fingerprint")
        self._identity = identity
        self._role = role
        self._name = name
        self._pin = pin
        self._pair = ambient.kem.generate()
        self._transcript = Transcript(PREAMBLE)
        hello = encode_frame(
            m.ClientHello(VERSIONS, SUITES, ambient.random(_RANDOM), self._pair.x, self._pair.ek)
        )
        self._transcript.add(hello)
        self.opening = PREAMBLE + hello

    def server_hello(self, body: bytes, hello: m.ServerHello) -> None:
        """SERVER_HELLO, as it came and read. Raises ProtocolError(VERSION, SUITE or DECODE)."""
        _pick_version((hello.version,))
        _pick_suite((hello.suite,))
        try:
            secret = self._pair.decapsulate(hello.x, hello.ct, KEM_INFO)
        except KemError as error:
            raise decode_error("the server's ephemeral keys are refused") from error
        del self._pair
        self._transcript.add(u32(len(body)) + body)
        self._keys = handshake_keys(secret, self._transcript.hash())
        self._sealer = RecordCipher(self._keys.client)
        self._opener = RecordCipher(self._keys.server)

    def server_auth(
        self, plaintext: bytes, auth: m.ServerAuth
    ) -> SignatureNeeded | ServerMismatch | ServerUnpinned:
        """SERVER_AUTH: fin, then pin, then signature; only SignatureNeeded lets go on.

        Raises ProtocolError(AUTH or DECODE).
        """
        h1 = self._transcript.hash()
        _check_finished(plaintext, self._keys.server_finished, self._transcript)
        fp = sha256(auth.spki)
        if self._pin is not None and not equal(fp[: len(self._pin)], self._pin):
            return ServerMismatch(_identity(auth.spki))
        self.server = _identity(auth.spki)
        _check_signature(self.server, _SERVER_LABEL, h1 + fp, auth.sig)
        if self._pin is None:
            return ServerUnpinned(self.server)
        self._transcript.add(plaintext)
        claim = _client_claim(self._transcript.hash(), self._role, self._name, self._identity)
        return SignatureNeeded(_CLIENT_LABEL, claim)

    def signed(self, sig: bytes) -> bytes:
        """The record of CLIENT_AUTH, ready to be written."""
        auth = m.ClientAuth(self._role, self._name, self._identity.spki, sig, bytes(_FIN))
        plaintext = _finish(auth, self._keys.client_finished, self._transcript)
        self._transcript.add(plaintext)
        return self._sealer.seal(plaintext)

    def open(self, body: bytes) -> bytes:
        """A record under the server's handshake key. Raises Unanswered."""
        return open_record(self._opener, body)

    def application(self) -> ApplicationSecrets:
        return application_secrets(self._keys.root, self._transcript.hash())


def _pick_version(theirs: Sequence[int]) -> int:
    """The first of ours that they name too. Raises ProtocolError(VERSION)."""
    for one in VERSIONS:
        if one in theirs:
            return one
    raise ProtocolError(AlertCode.VERSION, other_version(theirs))


def _pick_suite(theirs: Sequence[int]) -> int:
    """The first of ours that they name too. Raises ProtocolError(SUITE)."""
    for one in SUITES:
        if one in theirs:
            return one
    raise ProtocolError(AlertCode.SUITE, "no cipher suite in common")


def _client_claim(h2: bytes, role: Role, name: str, key: PublicKey) -> bytes:
    """What a client signs: h2 holds the server's key, so no other server can use it."""
    return h2 + u8(role) + s8(name) + key.fingerprint


def _finish(auth: m.ServerAuth | m.ClientAuth, key: bytes, transcript: Transcript) -> bytes:
    """The message's bytes with its last field, the MAC over all before it, filled in."""
    start = codec.encode(auth)[:-_FIN]
    return start + mac(key, transcript.hash(start))


def _check_finished(plaintext: bytes, key: bytes, transcript: Transcript) -> None:
    expected = mac(key, transcript.hash(plaintext[:-_FIN]))
    if not equal(expected, plaintext[-_FIN:]):
        raise ProtocolError(AlertCode.AUTH, "the handshake was altered")


def _wished_role(auth: m.ClientAuth) -> Role:
    role = Role(auth.role)
    if auth.name and not is_name(auth.name):
        raise decode_error("not a name")
    if role is Role.JOIN and not auth.name:
        raise decode_error("a join without a name")
    return role


def _identity(spki: bytes) -> PublicKey:
    try:
        return PublicKey.from_spki(spki)
    except KeyFormatError as error:
        raise decode_error(f"the identity key is refused: {error}") from error


def _check_signature(key: PublicKey, label: bytes, claim: bytes, sig: bytes) -> None:
    if not key.verify(label, claim, sig):
        raise ProtocolError(AlertCode.AUTH, "the signature is wrong")
