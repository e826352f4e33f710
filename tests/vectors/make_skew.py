"""Writes skew.json: `python -m tests.vectors.make_skew`.

What programs of other protocol versions say, as far as PROTOCOL section 1 freezes it for all of
them: a preamble with the version in its last byte, and the ALERT that answers a foreign one.
Version 0 stands for all before this one; 2 and 3 are invented. Put together by a second hand.
"""

import json
from pathlib import Path

HERE = Path(__file__).parent
MAGIC = b"RSACHAT"
OLDER_HELLO = bytes(range(64)) * 4  # of whatever layout: nobody reads it
NEWER_HELLO = bytes(reversed(range(256))) * 9
EPHEMERAL = bytes(32) + bytes(32) + bytes(1184)  # random, X, ek of a CLIENT_HELLO

Row = dict[str, object]


def frame(type_: int, payload: bytes) -> bytes:
    return (1 + len(payload)).to_bytes(4, "big") + bytes([type_]) + payload


def alert(*versions: int) -> bytes:
    """VERSION, and the versions that its sender speaks."""
    numbers = b"".join(v.to_bytes(2, "big") for v in versions)
    return frame(0x0F, bytes([1, len(versions)]) + numbers)


def servers() -> list[Row]:
    """What a server sends once a client of version 1 has said its hello."""
    hello = b"\x00\x02\x00\x01" + bytes(32) + bytes(32) + bytes(1088)
    return [
        {"server": "older", "versions": [0], "sends": alert(0).hex()},
        {"server": "newer", "versions": [2, 3], "sends": alert(2, 3).hex()},
        {"server": "newer, not asking", "versions": [2], "sends": frame(0x04, hello).hex()},
    ]


def clients() -> list[Row]:
    """What a client sends first."""
    only_newer = b"\x01\x00\x02" + b"\x01\x00\x01" + EPHEMERAL + b"\x00\x00"
    return [
        {"client": "older", "versions": [0], "sends": (MAGIC + b"\x00" + OLDER_HELLO).hex()},
        {"client": "newer", "versions": [2], "sends": (MAGIC + b"\x02" + NEWER_HELLO).hex()},
        {
            "client": "newer, in the old hello",
            "versions": [2],
            "sends": (MAGIC + b"\x01" + frame(0x01, only_newer)).hex(),
        },
    ]


def main() -> None:
    rows = {"servers": servers(), "clients": clients(), "answer": alert(1).hex()}
    text = json.dumps(rows, indent=4) + "\n"
    (HERE / "skew.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
