"""Writes bundle, init, msg and chat_receipt.json: `python -m tests.vectors.make_envelope`.

Everything is put together here by a second hand, from hashlib, hmac and the library, and not
from rsachat. RSA takes its randomness from a fixed stream. The KEM's encapsulation takes none,
so init.json was recorded once, is checked in the opening direction, and is written only where
it is missing. A change of a file is a change of the protocol's version.
"""

import hashlib
import hmac
import json
import random
from pathlib import Path
from typing import Any

from Crypto.Cipher import AES, oaep
from Crypto.Hash import SHA256
from Crypto.Protocol import DH, HPKE
from Crypto.PublicKey import ECC, MLKEM, RSA
from Crypto.PublicKey.RSA import RsaKey
from Crypto.Signature import pss

HERE = Path(__file__).parent
Row = dict[str, Any]

SERVER_FP, SID, MID = b"\x53" * 32, b"\x44" * 16, b"\x45" * 16
X_PRIVATE, MLKEM_SEED = bytes(range(32)), bytes(range(64))
CREATED = 1_700_000_000_000
EXPIRES = CREATED + 7_200_000


def rsa(name: str) -> RsaKey:
    return RSA.import_key((HERE / "keys" / f"{name}-rsapvt.pem").read_bytes())


def spki(key: RsaKey) -> bytes:
    return bytes(key.public_key().export_key("DER"))


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key: bytes, *parts: bytes) -> bytes:
    return hmac.new(key, b"".join(parts), "sha256").digest()


def u(size: int, value: int) -> bytes:
    return value.to_bytes(size, "big")


def v16(data: bytes) -> bytes:
    return u(2, len(data)) + data


def labelled(label: str, data: bytes) -> bytes:
    return b"rsachat/1 " + label.encode() + b"\0" + data


def exp32(prk: bytes, label: str, context: bytes) -> bytes:
    """One block of HKDF-Expand is all that a session key needs."""
    return mac(prk, labelled(label, context), b"\x01")


def sign(key: RsaKey, label: str, data: bytes, stream: random.Random) -> bytes:
    signer = pss.new(key, salt_bytes=32, rand_func=stream.randbytes)
    return signer.sign(SHA256.new(labelled(label, data)))


def bundle_row() -> Row:
    bob = rsa("bob")
    x = DH.import_x25519_private_key(X_PRIVATE).public_key().export_key(format="raw")
    ek = MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=MLKEM_SEED).ek
    pid = sha(x, ek)[:16]
    body = b"\x01\x03bob" + v16(spki(bob)) + SERVER_FP + pid + x + ek + u(8, CREATED)
    body += u(8, EXPIRES)
    return {
        "owner": "bob",
        "server_fp": SERVER_FP.hex(),
        "x_private": X_PRIVATE.hex(),
        "mlkem_seed": MLKEM_SEED.hex(),
        "random": "random.Random(1).randbytes",
        "pid": pid.hex(),
        "created_ms": CREATED,
        "expires_ms": EXPIRES,
        "bundle": (body + v16(sign(bob, "prekey", sha(body), random.Random(1)))).hex(),
    }


def init_row(bundle: Row) -> Row:
    alice, bob, stream = rsa("alice"), rsa("bob"), random.Random(2)
    ek = MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=MLKEM_SEED).public_key()
    to_x = DH.import_x25519_private_key(X_PRIVATE).public_key()
    hpke = HPKE.new(receiver_key=ek, aead_id=HPKE.AEAD.EXPORT_ONLY, info=b"rsachat/1 e2e")
    own = ECC.generate(curve="Curve25519")
    shared = DH.key_agreement(eph_priv=own, eph_pub=to_x, kdf=bytes)
    secret = hpke.export(b"rsachat/1 mlkem", 32) + shared
    share = b"\x72" * 32
    p1 = b"\x01\x01" + SID + u(8, CREATED) + sha(spki(bob)) + v16(spki(alice)) + SERVER_FP
    p1 += bytes.fromhex(bundle["pid"]) + own.public_key().export_key(format="raw") + hpke.enc
    cipher = oaep.new(
        bob.public_key(),
        hashmod=SHA256,
        label=labelled("e2e key", sha(p1)),
        rand_func=stream.randbytes,
    )
    p2 = p1 + v16(cipher.encrypt(share))
    init = p2 + v16(sign(alice, "e2e init", sha(p2), stream))
    prk, th = mac(b"rsachat/1 e2e", share, secret), sha(init)
    return {
        "from": "alice",
        "to": "bob",
        "x_private": X_PRIVATE.hex(),
        "mlkem_seed": MLKEM_SEED.hex(),
        "r": share.hex(),
        "kem_secret": secret.hex(),
        "prk": prk.hex(),
        "th": th.hex(),
        "ck_0": exp32(prk, "e2e ck", th).hex(),
        "rk": exp32(prk, "e2e rcpt", th).hex(),
        "init": init.hex(),
    }


def msg_row(chain: bytes, n: int, ctype: int, body: bytes) -> Row:
    plain = u(1, ctype) + u(8, CREATED + n) + u(16, int.from_bytes(MID, "big") + n)
    plain += v16(body)
    plain += bytes(-len(plain) % 128)
    aes = AES.new(mac(chain, b"\x01"), AES.MODE_CTR, nonce=bytes(8), initial_value=0)
    head, ct = b"\x02" + SID + u(4, n), aes.encrypt(plain)
    tag = mac(mac(chain, b"\x02"), head, ct)
    return {
        "chain": chain.hex(),
        "sid": SID.hex(),
        "n": n,
        "ctype": ctype,
        "ts_ms": CREATED + n,
        "mid": plain[9:25].hex(),
        "body": body.hex(),
        "tag": tag.hex(),
        "msg": (head + tag + ct).hex(),
        "next_chain": mac(chain, b"\x03").hex(),
    }


def msg_rows() -> list[Row]:
    """Empty, one block to its last byte, and a type that is shown as unsupported."""
    bodies = [(1, b"hi"), (1, b""), (1, "é🙂".encode() + b"x" * 95), (2, b"\x00" * 102)]
    chain, rows = b"\x43" * 32, []
    for n, (ctype, body) in enumerate(bodies):
        rows.append(msg_row(chain, n, ctype, body))
        chain = bytes.fromhex(rows[-1]["next_chain"])
    return rows


def receipt_row(msg: Row, n: int, got: int, count: int) -> Row:
    key, tag = b"\x48" * 32, bytes.fromhex(msg["tag"])
    body = b"\x03" + SID + u(4, n) + u(4, got) + u(4, count) + b"\x01"
    return {
        "rk": key.hex(),
        "tag": tag.hex(),
        "sid": SID.hex(),
        "n": n,
        "got": got,
        "count": count,
        "receipt": (body + mac(key, body, tag)).hex(),
    }


def write(name: str, value: object) -> None:
    text = json.dumps(value, indent=1, ensure_ascii=True) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")


def main() -> None:
    bundle, msgs = bundle_row(), msg_rows()
    write("bundle", bundle)
    if not (HERE / "init.json").exists():
        write("init", init_row(bundle))
    write("msg", msgs)
    write("chat_receipt", [receipt_row(msgs[0], 0, 1, 1), receipt_row(msgs[3], 3, 3, 2)])


if __name__ == "__main__":
    main()
