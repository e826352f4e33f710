"""Writes messages.json: `python -m tests.vectors.make_messages`.

The bytes are put together here, by hand and in the order of PROTOCOL section 1, so that the
codec is held against a second hand. A change of the file is a change of the protocol's version.
"""

import json
from pathlib import Path
from typing import Any

OUT = Path(__file__).with_name("messages.json")
Row = dict[str, Any]

RANDOM, X, FP, FIN = "a1" * 32, "a2" * 32, "a3" * 32, "a4" * 32
EK, CT = "b1" * 1184, "b2" * 1088
SPKI, SIG, BIG_SPKI, BIG_SIG = "c1" * 422, "c2" * 384, "c3" * 550, "c4" * 512
SESSION, PEER = "0102030405060708", "1112131415161718"
TID, HASH = "d1" * 16, "d2" * 32
UNIT = "e1" * 384


def n(size: int, value: int) -> str:
    return f"{value:0{2 * size}x}"


def v16(raw: str) -> str:
    return n(2, len(raw) // 2) + raw


def s8(text: str) -> str:
    raw = text.encode().hex()
    return n(1, len(raw) // 2) + raw


ALICE = {"session": SESSION, "name": "alice", "fp": FP, "address": "1.2.3.4:5"}
BOB = {"session": PEER, "name": "b", "fp": HASH, "address": "[2001:db8::1]:65535"}
ALICE_HEX = SESSION + "05616c696365" + FP + "09312e322e332e343a35"
BOB_HEX = PEER + "0162" + HASH + s8("[2001:db8::1]:65535")


def row(name: str, type_: int, fields: dict[str, Any], *payload: str) -> Row:
    """One vector; the payload is joined from the hex of its fields."""
    return {"message": name, "type": type_, "fields": fields, "payload": "".join(payload)}


HELLO = {"random": RANDOM, "x": X, "ek": EK}
PROOF, PROOF_HEX = {"spki": SPKI, "sig": SIG, "fin": FIN}, v16(SPKI) + v16(SIG) + FIN
BIG = {"spki": BIG_SPKI, "sig": BIG_SIG, "fin": FIN}
BIG_HEX = v16(BIG_SPKI) + v16(BIG_SIG) + FIN

HANDSHAKE = [
    row(
        *("ClientHello", 0x01, {"versions": [1], "suites": [1], **HELLO, "ext": ""}),
        *("010001", "010001", RANDOM, X, EK, "0000"),
    ),
    row(
        *("ClientHello", 0x01, {"versions": [1, 2], "suites": [], **HELLO, "ext": "beef"}),
        *("0200010002", "00", RANDOM, X, EK, "0002beef"),
    ),
    row(
        *("ServerHello", 0x04, {"version": 1, "suite": 1, "random": RANDOM, "x": X, "ct": CT}),
        *("0001", "0001", RANDOM, X, CT),
    ),
    row("Alert", 0x0F, {"code": 3, "versions": []}, "03", "00"),
    row("Alert", 0x0F, {"code": 1, "versions": [1, 515]}, "01", "0200010203"),
    row("ServerAuth", 0x05, PROOF, PROOF_HEX),
    row("ServerAuth", 0x05, BIG, BIG_HEX),
    row("ClientAuth", 0x06, {"role": 0, "name": "", **PROOF}, "00", "00", PROOF_HEX),
    row("ClientAuth", 0x06, {"role": 1, "name": "", **BIG}, "01", "00", BIG_HEX),
    row("ClientAuth", 0x06, {"role": 2, "name": "bob", **PROOF}, "02", "03626f62", PROOF_HEX),
    row("AuthResult", 0x07, {"code": 6}, "06"),
]

ANYTIME = [
    row("Close", 0x08, {}),
    row("KeyUpdate", 0x09, {}),
    row("Ping", 0x0A, {"data": SESSION}, SESSION),
    row("Pong", 0x0B, {"data": PEER}, PEER),
    row("Error", 0x13, {"ref": 258, "code": 100}, "00000102", "0064"),
]

WELCOME = {
    "server_fp": FP,
    "session": SESSION,
    "name": "alice",
    "address": "1.2.3.4:5",
    "online": 3,
    "time_ms": 1_700_000_000_000,
    "max_rsa": 1 << 26,
    "max_file": 1 << 32,
    "motd": "hé",
}
PRESENCE = [
    row(
        *("Welcome", 0x10, WELCOME, FP, SESSION, s8("alice"), s8("1.2.3.4:5")),
        *("00000003", "0000018bcfe56800", "0000000004000000", "0000000100000000"),
        "0368c3a9",
    ),
    row("Roster", 0x11, {"cut": 0, "entries": []}, "00", "0000"),
    row("Roster", 0x11, {"cut": 1, "entries": [ALICE, BOB]}, "01", "0002", ALICE_HEX, BOB_HEX),
    row("Notice", 0x12, {"kind": 1, "online": 2, "entry": ALICE}, "01", "00000002", ALICE_HEX),
    row("Notice", 0x12, {"kind": 2, "online": 1, "entry": BOB}, "02", "00000001", BOB_HEX),
    row("Notice", 0x12, {"kind": 3, "online": 501, "entry": None}, "03", "000001f5"),
    row("Find", 0x14, {"ref": 1, "by": 0, "what": "alice"}, "00000001", "00", s8("alice")),
    row(
        *("Find", 0x14, {"ref": 0xFFFFFFFF, "by": 1, "what": "1.2.3.4:5"}),
        *("ffffffff", "01", s8("1.2.3.4:5")),
    ),
    row("Found", 0x15, {"ref": 1, "entries": []}, "00000001", "0000"),
    row("Found", 0x15, {"ref": 1, "entries": [BOB]}, "00000001", "0001", BOB_HEX),
]

CHAT = [
    row("PrekeyPut", 0x20, {"bundle": "f1f2f3"}, "f1f2f3"),
    row("PrekeyGet", 0x21, {"ref": 7, "session": PEER}, "00000007", PEER),
    row("Prekey", 0x22, {"ref": 7, "bundle": "f1f2f3"}, "00000007", "f1f2f3"),
    row("ChatSend", 0x23, {"ref": 8, "to": PEER, "env": "0400"}, "00000008", PEER, "00020400"),
    row(
        *("ChatDeliver", 0x24, {"from_session": SESSION, "from_fp": FP, "env": "04"}),
        *(SESSION, FP, "000104"),
    ),
    row("Sent", 0x25, {"ref": 8}, "00000008"),
]

START, START_HEX = {"tid": TID, "first": 257}, TID + n(8, 257)
STAND, STAND_HEX = {"tid": TID, "cum": 640, "prefix": HASH}, TID + n(8, 640) + HASH
UPLOAD = [
    row("UpOffer", 0x30, {"manifest": "0102"}, "0102"),
    row("UpReady", 0x31, {**STAND, "window": 640, "receipt": ""}, STAND_HEX, "0280", "0000"),
    row("UpReady", 0x31, {**STAND, "window": 16, "receipt": "01"}, STAND_HEX, "0010", "000101"),
    row("UpData", 0x32, {**START, "count": 2, "data": UNIT * 2}, START_HEX, "0002", UNIT * 2),
    row("UpData", 0x32, {**START, "count": 1, "data": "e2" * 35}, START_HEX, "0001", "e2" * 35),
    row("UpAck", 0x33, STAND, STAND_HEX),
    row("UpFin", 0x34, {"tid": TID}, TID),
    row("UpReceipt", 0x35, {"tid": TID, "receipt": "01ff"}, TID, "000201ff"),
    row("UpAbort", 0x36, {"tid": TID, "code": 207}, TID, "00cf"),
    row("Join", 0x40, {"secret": TID}, TID),
    row("Joined", 0x41, {"code": 6}, "06"),
]


def main() -> None:
    rows = [*HANDSHAKE, *ANYTIME, *PRESENCE, *CHAT, *UPLOAD]
    OUT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
