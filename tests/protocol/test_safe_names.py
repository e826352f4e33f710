"""One table of hostile names; only what is a single harmless component is stored."""

import ast
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rsachat
from rsachat.protocol.safe_names import MAX_BYTES, NameRefused, check_stored_name

GOOD = [
    "a",
    "target.txt",
    "a b.txt",
    "résumé.pdf",
    "漢字🙂.md",
    "~x",
    "a..b",
    "x.y.z",
    "CONSOLE",
    "COM10",
    "COM0.txt",
    "NULL",
    "x-rf",
    "#!@$%^&()[]{}=+,;'`",
    "a" * 200,
    "é" * 100,
]

EMPTY_OR_LONG = ["", "a" * 201, "é" * 101]
PATHS = ["../x", "/etc/x", "a/b", "a\\b", "C:x", "~/.ssh/authorized_keys", "..\\..\\x"]
LEADING = [".", "..", ".bashrc", "...", "-rf", "--help"]
TRAILING = ["a.", "a ", "a. ", "name.txt.", " "]
SHELLED = ['a"b', "a<b", "a>b", "a|b", "a?b", "a*b", "a:b"]
CONTROLS = ["x\0y", "\x01", "a\nb", "a\rb", "a\tb", "a\x1b[2J", "a\x7f", "a\x85", "a\x9b31m"]
INVISIBLE = [
    "invoice\u202efdp.exe",
    "a\u2066b",
    "a\u200bb",
    "a\u200db",
    "a\u200cb",
    "a\ufeffb",
    "a\u00adb",
    "a\u2028b",
    "a\u3164",
    "a\U000e0041",
    "a\u200e",
    "a\u061c",
    "a\u17b4",
    "a\u17b5",
]
ODD = ["a\ue000", "a\u0378", "a\u00a0b", "a\u3000b", "\u0301a", "a" + "\u0316" * 4]
NOT_NFC = ["e\u0301", "\u212b", "\u1100\u1161"]
DEVICES = ["CON", "con", "NUL", "nul.txt", "Aux.tar.gz", "PRN.", "COM1", "com9.x", "LPT1", "lpt9.y"]
DEVICES += ["COM\u00b9", "lpt\u00b3.txt", "CONIN$", "conout$.log"]

BAD = [
    *EMPTY_OR_LONG,
    *PATHS,
    *LEADING,
    *TRAILING,
    *SHELLED,
    *CONTROLS,
    *INVISIBLE,
    *ODD,
    *NOT_NFC,
    *DEVICES,
    "CON .txt",
]


@pytest.mark.parametrize("name", GOOD)
def test_a_harmless_name_is_taken_unchanged(name: str) -> None:
    assert check_stored_name(name.encode()) == name


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_a_hostile_name_is_refused(name: str) -> None:
    with pytest.raises(NameRefused):
        check_stored_name(name.encode())


def test_of_a_path_the_slash_is_named_and_not_the_dots() -> None:
    with pytest.raises(NameRefused, match="holds one of /"):
        check_stored_name(b"../c.txt")


@pytest.mark.parametrize(
    "raw", [b"\xff", b"a\xc3", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"]
)
def test_invalid_utf8_is_refused(raw: bytes) -> None:
    with pytest.raises(NameRefused, match="UTF-8"):
        check_stored_name(raw)


@given(
    st.one_of(
        st.binary(max_size=210), st.text(max_size=80).map(lambda t: t.encode("utf-8", "replace"))
    )
)
def test_what_passes_is_one_visible_component(raw: bytes) -> None:
    try:
        name = check_stored_name(raw)
    except NameRefused:
        return
    assert name.encode() == raw
    assert 0 < len(raw) <= MAX_BYTES
    assert not set(name) & set('/\\:*?"<>|')
    assert name[0] not in ".-"
    assert Path("/x", name).parent == Path("/x")
    assert unicodedata.is_normalized("NFC", name)


def test_nothing_else_makes_a_stored_name() -> None:
    """S1: the type that every opening function asks for is made in one module only."""
    makers = [
        path.name
        for path in Path(rsachat.__file__).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and _makes_stored_name(node)
    ]
    assert makers == ["safe_names.py"]


def _makes_stored_name(call: ast.Call) -> bool:
    """`StoredName(…)`, or a cast to it by any spelling."""
    if isinstance(call.func, ast.Name) and call.func.id == "StoredName":
        return True
    called = ast.unparse(call.func)
    return called.endswith("cast") and "StoredName" in ast.unparse(call.args[0])
