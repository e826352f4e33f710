"""The tree of errors: exit codes, the three parts a person reads, and what is never shown."""

import ast
from pathlib import Path

import pytest

from rsachat import errors

CODES = {
    errors.RsachatError: 1,
    errors.UsageError: 2,
    errors.ConnectError: 3,
    errors.RefusedError: 4,
    errors.KeyFileError: 5,
    errors.Interrupted: 130,
}


@pytest.mark.parametrize("cls", CODES, ids=lambda cls: cls.__name__)
def test_each_error_has_its_exit_code_and_three_parts(cls: type[errors.RsachatError]) -> None:
    error = cls("the key does not open", why="wrong password", hint="try again")
    assert isinstance(error, errors.RsachatError)
    assert error.exit_code == CODES[cls]
    assert (error.what, error.why, error.hint) == (str(error), "wrong password", "try again")
    assert (cls("only this").why, cls("only this").hint) == ("", "")


def test_every_class_is_in_the_table_and_in_the_drawing() -> None:
    classes = {c for c in vars(errors).values() if isinstance(c, type)}
    assert classes == {*CODES, errors.ProtocolError}
    assert all(c.__name__ in (errors.__doc__ or "") for c in classes)


def test_a_protocol_error_is_not_for_a_person() -> None:
    error = errors.ProtocolError(3, "length 9 outside 0..8")
    assert (error.code, error.detail, str(error)) == (3, "length 9 outside 0..8", error.detail)
    assert not isinstance(error, errors.RsachatError)


def test_it_imports_nothing() -> None:
    tree = ast.parse(Path(errors.__file__).read_text(encoding="utf-8"))
    assert not [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
