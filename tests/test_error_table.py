"""docs/errors.md: every error has its hint, and what the tests of bad input meet stands there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_bad_input import CASES
from tests.support import error_table
from tests.support.error_table import Row, fits, is_met, rows, texts, told_by_tests


def test_every_error_says_what_to_do() -> None:
    assert [row for row in texts() if not row.hint and row.code != 130] == []


def test_every_error_is_met_by_a_test() -> None:
    """Its sentence stands in a transcript, or in a test that expects it."""
    told = told_by_tests()
    assert [row for row in texts() if not is_met(row, told)] == []


@pytest.mark.parametrize("name", CASES)
def test_what_a_command_says_stands_in_the_table(name: str) -> None:
    case = CASES[name]
    assert any(fits(row, case.code, case.what) for row in rows() + ARGPARSE), case.what


ARGPARSE = [
    Row(2, "missing: …", "", "", ""),
    Row(2, "--max-file: …", "", "", ""),
    Row(2, "--workers: …", "", "", ""),
]


def test_texts_are_followed_to_where_they_are_set(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(
        "HINT = 'look'\n"
        "def f(a):\n"
        "    if a:\n"
        "        why = 'one'\n"
        "    else:\n"
        "        why = f'two {a}'\n"
        "    raise UsageError(f'bad {a}', why=why, hint=HINT)\n"
        "def g():\n"
        "    if f():\n"
        "        what = 'gone'\n"
        "        raise KeyFileError(what)\n"
        "    what = 'here'\n"
        "    return RsachatError(what if f() else 'there')\n"
    )
    assert error_table.rows(tmp_path) == [
        Row(1, "here / there", "", "", "m.py"),
        Row(2, "bad …", "one / two …", "look", "m.py"),
        Row(5, "gone", "", "", "m.py"),
    ]
