"""Writes records.json and handshake.json: `python -m tests.vectors.make_hop`.

Everything is put together here by a second hand, from hashlib, hmac and the library, and not
from rsachat. The KEM's encapsulation takes no randomness, so handshake.json differs at each run:
it was recorded once, and is checked in the decapsulating and the verifying direction. A change
of records.json is a change of the protocol's version.
"""

import json
import random
from pathlib import Path

from Crypto.Cipher import AES
from Crypto.Protocol import DH, HPKE
from Crypto.PublicKey import ECC, MLKEM

from tests.vectors.make_envelope import Row, labelled, mac, rsa, sha, sign, spki, u, v16

HERE = Path(__file__).parent
PREAMBLE = b"RSACHAT\x01"
X_PRIVATE, MLKEM_SEED = bytes(range(100, 132)), bytes(range(100, 164))
SERVER_X = bytes(range(200, 232))
CLIENT_RANDOM, SERVER_RANDOM = b"\xc1" * 32, b"\x51" * 32
NAME = b"\x05alice"
KEY_UPDATE = bytes.fromhex("09000000")


def exp(prk: bytes, label: str, context: bytes, size: int) -> bytes:
    """HKDF-Expand (RFC 5869, 2.3) in at most two blocks."""
    info = labelled(label, context)
    first = mac(prk, info, b"\x01")
    return (first + mac(prk, first, info, b"\x02"))[:size]


class Direction:
    """One direction's records under one 64-byte key."""

    def __init__(self, key: bytes) -> None:
        self._aes = AES.new(key[:32], AES.MODE_CTR, nonce=bytes(8), initial_value=0)
        self._mac = key[32:]
        self._seq = 0

    def seal(self, plaintext: bytes) -> bytes:
        ct = self._aes.encrypt(plaintext)
        size = u(4, len(ct) + 16)
        tag = mac(self._mac, u(8, self._seq), size, ct)[:16]
        self._seq += 1
        return size + ct + tag


def record_rows() -> Row:
    """Three records and a KEY_UPDATE, then one of the next generation."""
    d0 = b"\x42" * 32
    ping = bytes.fromhex("0a000008") + b"12345678"
    sent = bytes.fromhex("25000004") + u(4, 7)
    first = Direction(exp(d0, "key", b"", 64))
    d1 = exp(d0, "next", b"", 32)
    second = Direction(exp(d1, "key", b"", 64))
    old = [ping, ping + sent, sent * 40, KEY_UPDATE]
    rows = [(0, p, first.seal(p)) for p in old] + [(1, ping, second.seal(ping))]
    return {
        "d0": d0.hex(),
        "d1": d1.hex(),
        "records": [
            {"generation": g, "plaintext": p.hex(), "record": record.hex()} for g, p, record in rows
        ],
    }


def frame(type_: int, payload: bytes) -> bytes:
    return u(4, 1 + len(payload)) + u(1, type_) + payload


def message(type_: int, payload: bytes) -> bytes:
    return u(1, type_) + u(3, len(payload)) + payload


def hellos() -> tuple[bytes, bytes, bytes]:
    """CLIENT_HELLO, SERVER_HELLO, and the two secrets joined."""
    key = MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=MLKEM_SEED)
    own = DH.import_x25519_private_key(X_PRIVATE).public_key()
    hpke = HPKE.new(
        receiver_key=key.public_key(), aead_id=HPKE.AEAD.EXPORT_ONLY, info=b"rsachat/1 hop"
    )
    ephemeral = ECC.construct(curve="Curve25519", seed=SERVER_X)
    shared = DH.key_agreement(eph_priv=ephemeral, eph_pub=own, kdf=bytes)
    lists = b"\x01\x00\x01\x01\x00\x01"
    x, server_x = (k.export_key(format="raw") for k in (own, ephemeral.public_key()))
    client = frame(0x01, lists + CLIENT_RANDOM + x + key.ek + b"\x00\x00")
    server = frame(0x04, b"\x00\x01\x00\x01" + SERVER_RANDOM + server_x + hpke.enc)
    return client, server, hpke.export(b"rsachat/1 mlkem", 32) + shared


def auth(type_: int, start: bytes, fin_key: bytes, t: bytes) -> bytes:
    """SERVER_AUTH or CLIENT_AUTH with its fin; the length is of the whole payload."""
    head = u(1, type_) + u(3, len(start) + 32) + start
    return head + mac(fin_key, sha(t, head))


def handshake_row() -> Row:
    client_hello, server_hello, secret = hellos()
    server, alice, stream = rsa("server"), rsa("alice"), random.Random(3)
    t = PREAMBLE + client_hello + server_hello
    h1 = sha(t)
    hs = mac(b"rsachat/1 hop", secret)
    server_keys, client_keys = exp(hs, "s hs", h1, 64), exp(hs, "c hs", h1, 64)
    server_sig = sign(server, "s auth", h1 + sha(spki(server)), stream)
    sf, cf = exp(hs, "s fin", h1, 32), exp(hs, "c fin", h1, 32)
    server_auth = auth(0x05, v16(spki(server)) + v16(server_sig), sf, t)
    t += server_auth
    h2 = sha(t)
    claim = h2 + b"\x00" + NAME + sha(spki(alice))
    client_sig = sign(alice, "c auth", claim, stream)
    client_auth = auth(0x06, b"\x00" + NAME + v16(spki(alice)) + v16(client_sig), cf, t)
    h3 = sha(t, client_auth)
    ap = exp(hs, "app", h3, 32)
    server_d0, client_d0 = exp(ap, "s ap", b"", 32), exp(ap, "c ap", b"", 32)
    welcome = sha(spki(server)) + b"sessions" + NAME + b"\x0b127.0.0.1:5" + u(4, 1)
    welcome = message(
        0x10, welcome + u(8, 1_700_000_000_000) + u(8, 1 << 26) + u(8, 1 << 32) + b"\0"
    )
    from_server, from_client = Direction(server_keys), Direction(client_keys)
    values = {
        "client_x_private": X_PRIVATE,
        "client_mlkem_seed": MLKEM_SEED,
        "client_random": CLIENT_RANDOM,
        "server_random": SERVER_RANDOM,
        "server_x_private": SERVER_X,
        "secret": secret,
        "client_hello": client_hello,
        "server_hello": server_hello,
        "server_sig": server_sig,
        "server_auth": server_auth,
        "server_auth_record": from_server.seal(server_auth),
        "client_sig": client_sig,
        "client_auth": client_auth,
        "client_auth_record": from_client.seal(client_auth),
        "auth_result_record": from_server.seal(message(0x07, b"\0")),
        "welcome": welcome,
        "welcome_record": Direction(exp(server_d0, "key", b"", 64)).seal(welcome),
        "h1": h1,
        "h2": h2,
        "h3": h3,
        "hs": hs,
        "server_hs_keys": server_keys,
        "client_hs_keys": client_keys,
        "server_fin_key": sf,
        "client_fin_key": cf,
        "server_d0": server_d0,
        "client_d0": client_d0,
        "exporter": exp(ap, "exporter", b"", 32),
    }
    people = {"server": "server", "client": "alice", "role": 0, "name": "alice"}
    return {**people, **{name: value.hex() for name, value in values.items()}}


def main() -> None:
    for name, value in (("records", record_rows()), ("handshake", handshake_row())):
        (HERE / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
