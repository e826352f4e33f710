"""A peer's file name is stored as it came or refused; what is stored is one harmless name."""

import os
import unicodedata

from rsachat.protocol.safe_names import MAX_BYTES, NameRefused, check_stored_name
from tests.support.hostile import HOSTILE, is_safe


def seeds() -> list[bytes]:
    names = (
        "a.txt",
        "..",
        ".x",
        "-rf",
        "CON.txt",
        "a/b",
        "e\u0301",
        "é",
        "nul ",
        "x" * 201,
        "日本.txt",
    )
    hostile = [text.encode("utf-8", "surrogatepass")[:60] for text in HOSTILE.values()]
    return [*(name.encode() for name in names), *hostile]


def target(data: bytes) -> None:
    try:
        name = check_stored_name(data)
    except NameRefused as refused:
        assert str(refused).isascii()
        return
    assert name.encode() == data
    assert 0 < len(data) <= MAX_BYTES
    assert all(map(is_safe, name))
    assert os.path.basename(os.path.normpath(f"/folder/{name}")) == name
    assert os.path.dirname(os.path.normpath(f"/folder/{name}")) == "/folder"
    assert name[0] not in ".-"
    assert unicodedata.is_normalized("NFC", name)
