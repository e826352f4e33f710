"""The documents say what is: their links, tests, tables and diagrams are checked.

Their commands are run: tests/integration/test_documented_commands.py.
"""

import ast
import dataclasses
import re
import typing
from pathlib import Path

import pytest

from rsachat.protocol import envelope, receipt
from rsachat.protocol.bundle import Bundle
from rsachat.protocol.envelope import Init, Reset, msg_header
from rsachat.protocol.manifest import Manifest
from rsachat.server import notices
from tests.support.generated_docs import PARTS, regenerated

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SECURITY = ROOT / "docs" / "security.md"
PICTURES = sorted((ROOT / "docs" / "pictures").glob("*.svg"))
PACKAGE = sorted((ROOT / "rsachat").rglob("*.py"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def name_of(path: Path) -> str:
    return path.name


each_document = pytest.mark.parametrize("path", DOCS, ids=name_of)


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@each_document
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", text_of(path)):
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.is_relative_to(ROOT), target
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@each_document
def test_paths_that_are_named_are_there(path: Path) -> None:
    """`protocol/link.py` is meant inside the package, `tests/...` from the root."""
    named = re.findall(r"`((?:[\w.]+/)+[\w.]+\.(?:py|md))`", text_of(path))
    assert [n for n in named if not any((b / n).exists() for b in (ROOT, ROOT / "rsachat"))] == []


@each_document
def test_what_the_code_says_is_what_it_says_now(path: Path) -> None:
    assert text_of(path) == regenerated(text_of(path)), "make docs writes it anew"


def test_every_generated_part_stands_somewhere() -> None:
    used = {name for path in DOCS for name in re.findall(r"<!-- generated: (\S+)", text_of(path))}
    assert used == PARTS.keys()


@pytest.mark.parametrize("path", [*DOCS, *PICTURES], ids=name_of)
def test_no_place_of_one_machine_is_named(path: Path) -> None:
    text = text_of(path)
    assert re.findall(r"/(?:home|root|work|Users|tmp|usr)/\S*", text) == []
    hosts = set(re.findall(r"https?://([^/\s\"')]+)", text))
    assert hosts <= {"www.w3.org", "www.textualize.io"}
    assert re.findall(r"(?i)pypi|pythonhosted|cdnjs", text) == []


def test_the_pictures_are_there() -> None:
    shown = set(re.findall(r"\(docs/pictures/([\w.-]+)\)", text_of(ROOT / "README.md")))
    assert shown
    assert shown <= {path.name for path in PICTURES}
    assert all(text_of(path).startswith("<svg") for path in PICTURES)


# protocol.md

_FIELD = re.compile(r"\bu(8|16|32|64)\b|\bb\[(\d+)\]|0x[0-9a-f]{2}|\b(v8|v16|s8)\b")
BUNDLE = Bundle("n", b"k", bytes(32), bytes(16), bytes(32), bytes(1184), 0, 0, b"")
STRUCTURES = {
    "body   = u8 1": BUNDLE.body(),
    "p1   =": Init(bytes(16), 0, bytes(32), b"k", *map(bytes, (32, 16, 32, 1088))).p1(),
    "m =": envelope.Receipt(bytes(16), 0, 0, 1).body(),
    "RESET =": Reset(bytes(16)).encode(),
    "hd  =": msg_header(bytes(16), 0),
    "pre  =": Manifest(
        *(bytes(16), 1, 0, bytes(32), bytes(32), b"n", 1, bytes(32), 256, 1, 0)
    ).body.removesuffix(bytes(2)),
    "receipt = u8 1": receipt.Receipt(bytes(32), bytes(32), 1, 0).signed_part,
}
"""Where a structure begins in the text, and one of it; what is variable has one byte."""


@pytest.mark.parametrize("begin", STRUCTURES)
def test_a_structure_has_the_documented_fields(begin: str) -> None:
    """Their lengths together; a signature and another structure behind it are left out."""
    text = re.sub(r"\n +", " ", text_of(ROOT / "docs" / "protocol.md"))
    said = text[text.index(f"\n{begin}") :].partition("=")[2]
    said = re.split(r" \|\| v16 SIGN|\n| {3,}", said)[0]
    assert sum(map(_bytes, _FIELD.finditer(said))) == len(STRUCTURES[begin])


def _bytes(field: re.Match[str]) -> int:
    bits, length, counted = field.groups()
    if counted:
        return int(counted.removeprefix("v").removeprefix("s")) // 8 + 1
    return int(bits) // 8 if bits else int(length or 1)


# security.md


def sentences() -> dict[int, str]:
    parts = re.split(r"^- \*\*S(\d+)\*\* ", text_of(SECURITY), flags=re.MULTILINE)
    return dict(zip(map(int, parts[1::2]), parts[2::2], strict=True))


def test_every_sentence_has_a_test_or_is_open() -> None:
    assert list(sentences()) == list(range(1, 32))
    bare = [n for n, text in sentences().items() if "::" not in text and "**open:**" not in text]
    assert bare == []


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text_of(SECURITY))
    assert len(named) > 100
    assert text_of(SECURITY).count("::test_") == len(named)
    known = {file: _tests(ROOT / file) for file, _ in named}
    assert [f"{file}::{test}" for file, test in named if test not in known[file]] == []


def _tests(path: Path) -> set[str]:
    tree = ast.parse(text_of(path))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


# sentences that are about the source as a whole


def _imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(text_of(path))))
    plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return plain | {
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def test_nothing_unpacks() -> None:
    """S6: no module can; and who starts programs starts this one, or its own workers."""
    unpackers = {"zipfile", "tarfile", "gzip", "bz2", "lzma", "zlib", "shutil"}
    starters = {"subprocess", "pty", "runpy"}
    assert [p for p in PACKAGE if {n.split(".")[0] for n in _imports(p)} & unpackers] == []
    found = [p.name for p in PACKAGE if {n.split(".")[0] for n in _imports(p)} & starters]
    assert found == ["demo_programs.py", "worker_process.py"]


def test_rsa_has_two_paddings_and_no_bare_power() -> None:
    """S19."""
    for path in PACKAGE:
        unsafe = ("PKCS1_v1_5", "pkcs1_15", "PKCS1v15")
        assert not [n for n in _imports(path) for part in unsafe if part in n], path
        calls = [n.func for n in ast.walk(ast.parse(text_of(path))) if isinstance(n, ast.Call)]
        assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "pow"], path


def test_no_notice_of_the_server_has_room_for_content() -> None:
    """S31: all that the log can say is in these fields."""
    fields = {f.name for kind in typing.get_args(notices.Notice) for f in dataclasses.fields(kind)}
    about = {"name", "address", "fingerprint", "file", "sha256", "reason", "text", "engine"}
    tap = {"sender", "recipient", "begins"}  # the beginning of a ciphertext
    amounts = {"authorized", "open_to_all", "clients", "seconds", "size", "done", "chunks"}
    assert fields <= about | tap | amounts
