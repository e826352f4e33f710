"""Writes exp.json, rsa.json and kem.json: `python -m tests.vectors.make_primitives`.

EXP comes from the openssl program, a second hand. RSA signs and encrypts with fixed keys and
fixed randomness. The library's KEM takes no randomness: its ciphertext is recorded, and a new
run records another one. A change of the files is a change of the protocol's version.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from Crypto.Protocol import DH
from Crypto.PublicKey import MLKEM

from rsachat.crypto.kdf import labelled, sha256
from rsachat.crypto.kem import HybridKem, HybridKeyPair
from tests.support import keys

HERE = Path(__file__).parent
ORDER = bytes(range(32))


def main() -> None:
    _write("exp", [_exp(*row) for row in EXPANSIONS])
    _write("rsa", {"signatures": _signatures(), "ciphertexts": _ciphertexts()})
    _write("kem", [_encapsulation(b"rsachat/1 hop"), _encapsulation(b"rsachat/1 e2e")])


EXPANSIONS = [
    (ORDER, "key", b"", 64),
    (ORDER, "next", b"", 32),
    (ORDER, "s hs", ORDER, 64),
    (ORDER, "c hs", ORDER, 64),
    (ORDER, "s fin", ORDER, 32),
    (ORDER, "c fin", ORDER, 32),
    (ORDER, "app", ORDER, 32),
    (ORDER, "c ap", b"", 32),
    (ORDER, "s ap", b"", 32),
    (ORDER, "exporter", b"", 32),
    (ORDER, "e2e ck", ORDER, 32),
    (ORDER, "e2e rcpt", ORDER, 32),
    (ORDER, "seg", ORDER, 64),
    (b"\xff" * 32, "a", b"b", 1),
    (b"\xff" * 32, "", b"", 33),
    (b"\xff" * 32, "long", bytes(100), 255),
]


def _exp(prk: bytes, label: str, context: bytes, length: int) -> dict[str, Any]:
    info = labelled(label.encode(), context)
    options = ["digest:SHA256", "mode:EXPAND_ONLY", f"hexkey:{prk.hex()}", f"hexinfo:{info.hex()}"]
    arguments = [part for option in options for part in ("-kdfopt", option)]
    command = ["openssl", "kdf", "-binary", "-keylen", str(length), *arguments, "HKDF"]
    out = subprocess.run(command, check=True, capture_output=True).stdout
    return {
        "prk": prk.hex(),
        "label": label,
        "context": context.hex(),
        "length": length,
        "out": out.hex(),
    }


def _signatures() -> list[dict[str, str]]:
    return [
        {
            "signer": name,
            "label": label,
            "message": message.hex(),
            "signature": keys.private(name)
            .sign(label.encode(), message, _fixed(label.encode()))
            .hex(),
        }
        for name, label, message in [
            ("server", "s auth", ORDER + bytes(32)),
            ("alice", "c auth", b""),
            ("bob", "prekey", bytes(100)),
        ]
    ]


def _ciphertexts() -> list[dict[str, str]]:
    return [
        {
            "recipient": name,
            "label": label,
            "context": context.hex(),
            "message": message.hex(),
            "ciphertext": keys.public(name)
            .encrypt(label.encode(), context, message, _fixed(label.encode()))
            .hex(),
        }
        for name, label, context, message in [
            ("bob", "e2e key", ORDER, ORDER),
            ("server", "chunk", b"\x46" * 32 + bytes(7) + b"\1" + bytes(7) + b"\4", bytes(256)),
            ("server", "up key", b"", b""),
        ]
    ]


def _encapsulation(info: bytes) -> dict[str, str]:
    dh_seed, kem_seed = sha256(b"dh", info), sha256(b"d", info) + sha256(b"z", info)
    pair = HybridKeyPair(
        DH.import_x25519_private_key(dh_seed),
        MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=kem_seed),
    )
    sent = HybridKem().encapsulate(pair.x, pair.ek, info)
    return {
        "info": info.decode(),
        "dh_seed": dh_seed.hex(),
        "kem_seed": kem_seed.hex(),
        "x": pair.x.hex(),
        "ek_sha256": sha256(pair.ek).hex(),
        "sent_x": sent.x.hex(),
        "sent_ct": sent.ct.hex(),
        "secret": sent.secret.hex(),
    }


def _fixed(seed: bytes) -> Callable[[int], bytes]:
    """Randomness that is none: the same bytes in every run."""
    return lambda count: b"".join(sha256(seed, bytes([i])) for i in range(-(-count // 32)))[:count]


def _write(name: str, value: Any) -> None:
    path = HERE / f"{name}.json"
    path.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
