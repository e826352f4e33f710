"""`rsachat upload` before it connects: names, usage, sources that cannot be offered."""

import io
import sys
from pathlib import Path

import pytest

from rsachat.cli import main
from rsachat.commands.upload import target_name
from rsachat.errors import RsachatError
from tests.support.keyfolder import put_pair


@pytest.mark.parametrize(
    ("word", "wish", "name"),
    [
        ("source.txt", None, "target.txt"),
        ("dir/source.txt", None, "target.txt"),
        ("source.txt", "source.txt", "source.txt"),
        ("/etc/hosts", None, "hosts"),
        ("dir/../b.txt", None, "b.txt"),
        ("e\u0301.txt", None, "\u00e9.txt"),
        ("x", "e\u0301.txt", "\u00e9.txt"),
        ("-", "piped", "piped"),
    ],
)
def test_the_name_it_gets(word: str, wish: str | None, name: str) -> None:
    assert target_name(word, wish) == name


@pytest.mark.parametrize(
    ("word", "wish"),
    [("x", ""), ("x", "a/b"), ("x", ".x"), (".bashrc", None), ("\udcff", None), ("x", "NUL")],
    ids=ascii,
)
def test_a_name_that_would_not_be_stored_is_refused_here(word: str, wish: str | None) -> None:
    with pytest.raises(RsachatError) as caught:
        target_name(word, wish)
    assert "--as" in caught.value.hint
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "SOURCE"),
        (["a", "b", "--as", "c"], "single file"),
        (["-"], "no name"),
        (["-", "b"], "alone"),
        (["a", "--server", "host:port"], "no port"),
        (["a", "--envelop"], "did you mean --envelope?"),
    ],
)
def test_wrong_usage(
    place: Path, capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert main(["upload", *words]) == 2
    assert says in capsys.readouterr().err


def test_nothing_to_offer_is_said_without_a_key_or_a_server(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "folder").mkdir()
    assert main(["upload", "absent", "folder"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "cannot read absent" in told.err
    assert "it is a folder" in told.err


def test_without_an_identity_it_is_exit_5(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "a.txt").write_text("x")
    assert main(["upload", "a.txt"]) == 5
    assert "hint: rsachat keygen" in capsys.readouterr().err


def test_a_spool_goes_when_nothing_comes_of_it(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pair(place / "keys", "client", "alice")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"piped")))
    assert main(["upload", "-", "--as", "x", "--server", "127.0.0.1:1"]) in (3, 4)
    assert list((place / "keys" / "transfers").iterdir()) == []
    assert "standard input" in capsys.readouterr().err


def test_a_receipt_that_could_not_be_kept_is_said_first(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "a.txt").write_text("x")
    assert main(["upload", "a.txt", "--receipt", "absent/a.receipt"]) == 1
    assert "cannot keep the receipt in absent/a.receipt" in capsys.readouterr().err


def test_help_shows_defaults_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upload", "--help"]) == 0
    text = capsys.readouterr().out
    assert "rsachat upload source.txt" in text
    assert "(default: refuse)" in text
