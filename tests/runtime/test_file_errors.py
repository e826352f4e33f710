"""Errors of files in words: a reason always, a hint where something can be done."""

import errno

import pytest

from rsachat.errors import KeyFileError
from rsachat.runtime.file_errors import hint, why


@pytest.mark.parametrize(
    "number",
    [
        errno.ENOENT,
        errno.EACCES,
        errno.ENOSPC,
        errno.EISDIR,
        errno.EROFS,
        errno.EFBIG,
        errno.EAGAIN,
    ],
)
def test_what_a_person_can_mend_has_a_hint(number: int) -> None:
    error = OSError(number, "as the system says")
    assert why(error) == "as the system says"
    assert hint(error)


def test_an_error_for_a_person_keeps_its_own_reason() -> None:
    assert why(KeyFileError("cannot read it", why="it is a folder")) == (
        "cannot read it: it is a folder"
    )


def test_an_error_without_number_and_text_has_a_reason() -> None:
    assert why(OSError()) == "OSError"
    assert why(OSError("odd")) == "odd"
    assert hint(OSError()) == ""
