"""What a keys folder remembers of `join`."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from rsachat.errors import KeyFileError
from rsachat.runtime.defaults import DEFAULTS, Defaults, read_defaults, write_defaults

BOB = Defaults("[::1]:8000", "bob")


def test_nothing_is_remembered_at_first(tmp_path: Path) -> None:
    assert read_defaults(tmp_path / "keys") == Defaults("", "")


def test_the_last_ones_are_remembered(tmp_path: Path) -> None:
    write_defaults(tmp_path, Defaults("example.org:8000", "ann"))
    write_defaults(tmp_path, BOB)
    assert read_defaults(tmp_path) == BOB
    path = tmp_path / DEFAULTS
    assert path.read_text() == "server [::1]:8000\nname bob\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "text",
    [
        "",
        "server h:1\n",
        "name bob\nserver h:1\n",
        "server h:1\nname B\n",
        "server\nname bob\n",
        "\0",
    ],
)
def test_a_damaged_file_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    (tmp_path / DEFAULTS).write_text(text)
    with pytest.raises(KeyFileError) as caught:
        read_defaults(tmp_path)
    assert "can be removed" in caught.value.hint
