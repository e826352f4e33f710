"""Passwords: which source counts, how often is asked, and that none of it shows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.errors import KeyFileError
from rsachat.runtime.passwords import VARIABLE, Passwords, Secret, read_password_file, take_variable


class Typist:
    """Types the given lines, and remembers what it was asked."""

    def __init__(self, *lines: str) -> None:
        self.lines: Iterator[str] = iter(lines)
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> str:
        self.prompts.append(prompt)
        try:
            return next(self.lines)
        except StopIteration:
            raise EOFError from None


def test_the_variable_is_taken_away_from_the_environment() -> None:
    environ = {VARIABLE: "hush", "HOME": "/"}
    secret = take_variable(environ)
    assert secret is not None
    assert secret.text == "hush"
    assert environ == {"HOME": "/"}
    assert "hush" not in repr(secret)
    assert take_variable({VARIABLE: ""}) is None


def test_the_file_comes_before_the_variable_and_asking(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from file\nsecond line\n")
    typist = Typist("typed")
    passwords = Passwords(file=file, variable=Secret("from variable"), ask=typist)
    assert list(passwords.attempts("key")) == ["from file"]
    assert list(Passwords(variable=Secret("v"), ask=typist).attempts("key")) == ["v"]
    assert typist.prompts == []


def test_a_pipe_is_read_once_and_remembered() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"piped\n")
    os.close(writing)
    passwords = Passwords(file=Path(f"/dev/fd/{reading}"))
    assert [passwords.given(), passwords.given()] == ["piped", "piped"]
    os.close(reading)


def test_three_typed_tries_and_no_more() -> None:
    typist = Typist("one", "two", "three", "four")
    assert list(Passwords(ask=typist).attempts("./keys/x")) == ["one", "two", "three"]
    assert typist.prompts == [
        "password for ./keys/x: ",
        "wrong; password for ./keys/x: ",
        "wrong; password for ./keys/x: ",
    ]


def test_without_anybody_to_ask_the_error_names_both_ways() -> None:
    with pytest.raises(KeyFileError) as caught:
        list(Passwords().attempts("./keys/x"))
    assert caught.value.what == "a password is needed for ./keys/x"
    assert "--password-file" in caught.value.hint
    assert "$RSACHAT_PASSWORD" in caught.value.hint
    with pytest.raises(KeyFileError):
        Passwords().choose("./keys/x")


def test_a_new_password_is_typed_twice() -> None:
    typist = Typist("", "one", "other", "good", "good")
    assert Passwords(ask=typist).choose("the key") == "good"
    assert typist.prompts == [
        "new password for the key: ",
        "it cannot be empty; new password for the key: ",
        "the same again: ",
        "those two differ; new password for the key: ",
        "the same again: ",
    ]


def test_a_new_password_that_is_given_is_not_asked() -> None:
    typist = Typist()
    assert Passwords(variable=Secret("v"), ask=typist).choose("the key") == "v"
    assert typist.prompts == []


def test_three_useless_new_passwords_end_it() -> None:
    with pytest.raises(KeyFileError, match="no new password for the key"):
        Passwords(ask=Typist("", "", "", "late", "late")).choose("the key")


def test_end_of_input_is_an_error_not_a_password() -> None:
    with pytest.raises(KeyFileError, match="no password for key"):
        list(Passwords(ask=Typist()).attempts("key"))


@pytest.mark.parametrize(
    ("content", "password"),
    [(b"plain", "plain"), (b"cr\r\nx", "cr"), ("grüß\n".encode(), "grüß"), (b" a b \n", " a b ")],
)
def test_the_first_line_of_a_file_counts(tmp_path: Path, content: bytes, password: str) -> None:
    (tmp_path / "file").write_bytes(content)
    assert read_password_file(tmp_path / "file") == password


EMPTY, FOREIGN = "the password file .* is empty", "the password file .* is not UTF-8 text"


@pytest.mark.parametrize(
    ("content", "what"), [(b"", EMPTY), (b"\nsecond", EMPTY), (b"\xff\xfe\n", FOREIGN)]
)
def test_a_file_without_a_password_is_an_error(tmp_path: Path, content: bytes, what: str) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(KeyFileError, match=what):
        read_password_file(tmp_path / "file")


def test_a_missing_file_or_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot read the password file"):
        read_password_file(tmp_path / "nothing")
    with pytest.raises(KeyFileError, match="cannot read the password file"):
        read_password_file(tmp_path)


def test_a_variable_that_is_no_text_is_an_error() -> None:
    foreign = Passwords(variable=Secret(os.fsdecode(b"p\xff")))
    for given in (foreign.given, lambda: next(foreign.attempts("k")), lambda: foreign.choose("k")):
        with pytest.raises(KeyFileError) as caught:
            given()
        assert str(caught.value) == "$RSACHAT_PASSWORD is not UTF-8 text"
