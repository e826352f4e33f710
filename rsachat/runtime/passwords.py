"""Where a key's password comes from: a file, the environment, or a person at the terminal.

Knows no key and no terminal: the asking is a function that the caller brings, or None where
there is nobody to ask.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from rsachat.errors import KeyFileError
from rsachat.runtime import file_errors
from rsachat.settings import KEY_FILES

VARIABLE = "RSACHAT_PASSWORD"
_WAYS = f"give it by --password-file FILE or ${VARIABLE}"

Opening = Callable[[], AbstractContextManager[None]]
Ask = Callable[[str], str]
"""Prompt in, typed line out (no echo). May raise EOFError."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Text that no repr, traceback or log shows."""

    text: str = field(repr=False)


def take_variable(environ: MutableMapping[str, str]) -> Secret | None:
    """The password from the environment, which from then on no child inherits."""
    text = environ.pop(VARIABLE, None)
    return Secret(text) if text else None


class Passwords:
    """The sources in their order: `--password-file`, then the variable, then asking."""

    def __init__(
        self,
        *,
        file: Path | None = None,
        variable: Secret | None = None,
        ask: Ask | None = None,
        ways: str = _WAYS,
        opening: Opening = nullcontext,
    ) -> None:
        """`ways`: the hint where a password is missing and nobody can be asked.

        `opening` makes the context in which a key is unlocked: it may say what takes so long.
        """
        self.opening = opening
        self._file = file
        self._given = variable
        self._ask = ask
        self._ways = ways

    def given(self) -> str | None:
        """The password that was given without asking. Raises KeyFileError if it is no text."""
        if self._file is not None:
            # Read once: a pipe (`<(pass show rsachat)`) has nothing more the second time.
            self._given, self._file = Secret(read_password_file(self._file)), None
        return _checked(self._given.text) if self._given else None

    def attempts(self, what: str) -> Iterator[str]:
        """Passwords to try on `what`: the given one, else up to three typed ones.

        Raises KeyFileError where none is given and nobody can be asked.
        """
        given = self.given()
        if given is not None:
            yield given
            return
        for number in range(KEY_FILES.password_tries):
            again = "wrong; " if number else ""
            yield self._typed(f"{again}password for {what}: ", what)

    def choose(self, what: str) -> str:
        """A new password for `what`: the given one, else typed twice. Raises KeyFileError."""
        given = self.given()
        if given is not None:
            return given
        complaint = ""
        for _ in range(KEY_FILES.password_tries):
            first = self._typed(f"{complaint}new password for {what}: ", what)
            if not first:
                complaint = "it cannot be empty; "
            elif self._typed("the same again: ", what) == first:
                return first
            else:
                complaint = "those two differ; "
        why = f"none of {KEY_FILES.password_tries} tries was of use"
        raise KeyFileError(
            f"no new password for {what}", why=why, hint="the same command asks again"
        )

    def _typed(self, prompt: str, what: str) -> str:
        if self._ask is None:
            why = "there is no terminal to ask on"
            raise KeyFileError(f"a password is needed for {what}", why=why, hint=self._ways)
        try:
            return self._ask(prompt)
        except EOFError as error:
            raise KeyFileError(f"no password for {what}", hint=self._ways) from error


def _checked(text: str) -> str:
    """Bytes of the variable that are no UTF-8 stand in `text` as surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise KeyFileError(f"${VARIABLE} is not UTF-8 text", hint="set it in UTF-8") from error
    return text


def read_password_file(path: Path) -> str:
    """The first line of a file. Raises KeyFileError if there is none to use."""
    try:
        with path.open("rb") as file:
            data = file.read(KEY_FILES.password_bytes)
        line = data.split(b"\n", 1)[0].removesuffix(b"\r").decode()
    except OSError as error:
        raise KeyFileError(
            f"cannot read the password file {os.fspath(path)}",
            why=file_errors.why(error),
            hint=file_errors.hint(error),
        ) from error
    except UnicodeDecodeError as error:
        raise KeyFileError(
            f"the password file {path} is not UTF-8 text", hint="its first line is the password"
        ) from error
    if not line:
        raise KeyFileError(f"the password file {path} is empty", hint="its first line is used")
    return line
