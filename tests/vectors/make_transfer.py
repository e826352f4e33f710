"""Writes manifest, chunk, segment and receipt.json: `python -m tests.vectors.make_transfer`.

The bytes are put together here by hand, in the order of PROTOCOL section 6, so that the codec
is held against a second hand. Signatures and ciphertexts take their random bytes from a fixed
stream. A change of a file is a change of the protocol's version.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from Crypto.Cipher import AES

from tests.support import keys

HERE = Path(__file__).parent
TID = bytes.fromhex("a1" * 16)
CREATED_MS = 1_790_000_000_000
CONTENT = bytes(range(256)) + b"the short last chunk"
FILE_KEY = bytes.fromhex("47" * 32)


def stream(name: str) -> Callable[[int], bytes]:
    """A fixed stream of bytes in place of randomness."""
    state = {"at": 0}
    data = b"".join(hashlib.sha256(f"{name} {i}".encode()).digest() for i in range(64))

    def take(n: int) -> bytes:
        state["at"] += n
        return data[state["at"] - n : state["at"]]

    return take


def u(size: int, value: int) -> bytes:
    return value.to_bytes(size, "big")


def manifest(mode: int, chunk: int, name: str, flags: int, content: bytes) -> dict[str, Any]:
    """One signed manifest, from alice to the server."""
    pre = b"".join(
        [
            *(u(1, 1), TID, u(1, mode), u(1, flags)),
            *(keys.public("alice").fingerprint, keys.public("server").fingerprint),
            *(u(1, len(name.encode())), name.encode()),
            *(u(8, len(content)), hashlib.sha256(content).digest()),
            *(u(4, chunk), u(8, -(-len(content) // chunk)), u(8, CREATED_MS)),
        ]
    )
    context = hashlib.sha256(pre).digest()
    wrap = b""
    if mode == 2:
        wrap = keys.public("server").encrypt(b"up key", context, FILE_KEY, stream("wrap"))
    body = pre + u(2, len(wrap)) + wrap
    mh = hashlib.sha256(body).digest()
    signature = keys.private("alice").sign(b"manifest", mh, stream(f"sign {mode} {name}"))
    row: dict[str, Any] = {
        "title": f"mode {mode}, {len(content)} bytes",
        "name": name,
        "numbers": {
            "mode": mode,
            "flags": flags,
            "size": len(content),
            "chunk": chunk,
            "total": -(-len(content) // chunk),
        },
        "mh": mh.hex(),
        "manifest": (body + u(2, len(signature)) + signature).hex(),
    }
    if mode == 2:
        row |= {"wrap_context": context.hex(), "file_key": FILE_KEY.hex()}
    return row


def manifests() -> list[dict[str, Any]]:
    return [
        manifest(1, 256, "target.txt", 0, CONTENT),
        manifest(1, 256, "empty", 1, b""),
        manifest(2, 65_536, "r\u00e9sum\u00e9.pdf", 0, CONTENT),
    ]


def chunks() -> dict[str, Any]:
    """Both chunks of the first manifest, and the label of Appendix B."""
    mh = bytes.fromhex(manifests()[0]["mh"])
    rows = []
    for i in range(2):
        context = mh + u(8, i) + u(8, 2)
        plain = CONTENT[i * 256 : (i + 1) * 256]
        unit = keys.public("server").encrypt(b"chunk", context, plain, stream(f"chunk {i}"))
        rows.append({"index": i, "plain": plain.hex(), "unit": unit.hex()})
    label = b"rsachat/1 chunk\0" + b"\x46" * 32 + u(8, 1) + u(8, 4)
    return {
        "label": {"mh": "46" * 32, "index": 1, "total": 4, "bytes": label.hex()},
        "mh": mh.hex(),
        "total": 2,
        "size": len(CONTENT),
        "units": rows,
    }


def segments() -> dict[str, Any]:
    """The one unit of the envelope's manifest, that of Appendix B's key, and two of a longer file.

    HKDF (RFC 5869) is written out: one block of 32 bytes for each of the two keys.
    """
    mh = bytes.fromhex(manifests()[2]["mh"])
    prk = hmac.digest(b"rsachat/1 up", FILE_KEY, "sha256")
    info = b"rsachat/1 seg\0" + mh
    encrypting = hmac.digest(prk, info + b"\1", "sha256")
    tagging = hmac.digest(prk, encrypting + info + b"\2", "sha256")

    def unit(index: int, last: bool, plain: bytes) -> dict[str, Any]:
        cipher = AES.new(encrypting, AES.MODE_CTR, nonce=u(8, index), initial_value=0)
        ct = cipher.encrypt(plain)
        tag = hmac.digest(tagging, u(8, index) + u(1, last) + ct, "sha256")
        row = {"index": index, "last": last, "plain": plain.hex()}
        return row | {"unit": (ct + tag).hex()}

    rows = [unit(0, True, CONTENT), unit(0, False, CONTENT[:16]), unit(65_536, True, b"")]
    return {"file_key": FILE_KEY.hex(), "mh": mh.hex(), "units": rows}


def receipt() -> dict[str, Any]:
    offered = manifests()[0]
    time_ms = CREATED_MS + 1234
    digest = hashlib.sha256(CONTENT).digest()
    part = u(1, 1) + bytes.fromhex(offered["mh"]) + digest + u(8, len(CONTENT)) + u(8, time_ms)
    signature = keys.private("server").sign(b"up receipt", part, stream("receipt"))
    return {
        "manifest": offered["manifest"],
        "size": len(CONTENT),
        "time_ms": time_ms,
        "signed_part": part.hex(),
        "receipt": (part + u(2, len(signature)) + signature).hex(),
    }


def main() -> None:
    made = {"manifest": manifests(), "chunk": chunks(), "segment": segments(), "receipt": receipt()}
    for name, value in made.items():
        (HERE / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


if __name__ == "__main__":
    main()
