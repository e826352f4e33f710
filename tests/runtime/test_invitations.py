"""The file of invitations: its lines, their expiry, and that damage is never skipped."""

from __future__ import annotations

import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rsachat.errors import KeyFileError
from rsachat.runtime.invitations import (
    INVITATIONS,
    Waiting,
    read_invitations,
    write_invitations,
)

NOW = 1_795_513_917_000  # 2026-11-24T09:51:57Z
BOB = Waiting("bob", bytes(range(32)), NOW)
LINE = f"bob {bytes(range(32)).hex()} 2026-11-24T09:51:57Z"
WAITING = st.builds(
    Waiting,
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,9}", fullmatch=True).filter(lambda n: n != "all"),
    st.binary(min_size=32, max_size=32),
    st.integers(1, 4_000_000_000).map(lambda seconds: seconds * 1000),
)
IN_ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_there_are_none_at_first(tmp_path: Path) -> None:
    assert read_invitations(tmp_path / "keys", 0) == ()


def test_a_line_as_it_stands_in_the_file(tmp_path: Path) -> None:
    write_invitations(tmp_path, [BOB])
    path = tmp_path / INVITATIONS
    assert path.read_text() == f"{LINE}\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [INVITATIONS]


def test_it_counts_until_its_time(tmp_path: Path) -> None:
    write_invitations(tmp_path, [BOB])
    assert read_invitations(tmp_path, NOW - 1) == (BOB,)
    assert read_invitations(tmp_path, NOW) == ()


@IN_ONE_FOLDER
@given(st.lists(WAITING, max_size=5))
def test_what_was_written_is_read(tmp_path: Path, waiting: list[Waiting]) -> None:
    write_invitations(tmp_path, waiting)
    assert read_invitations(tmp_path, 0) == tuple(waiting)


@IN_ONE_FOLDER
@given(st.text().filter(lambda text: text.strip() and len(text.split()) != 3))
@example(LINE.replace("bob", "server"))
@example(LINE.replace("bob", "../x"))
@example(LINE.replace("00", "", 1))
@example(LINE.replace("00", "zz", 1))
@example(LINE.replace("Z", ""))
@example(LINE.replace("2026-11", "2026-13"))
@example(LINE + " more")
@example("\x00")
def test_a_damaged_line_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / INVITATIONS).write_text(f"{LINE}\n\n{text}\n", encoding="utf-8", errors="replace")
    with pytest.raises(KeyFileError) as caught:
        read_invitations(tmp_path, 0)
    assert caught.value.what.startswith("line ")
    assert caught.value.hint


@IN_ONE_FOLDER
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / INVITATIONS).write_bytes(data)
    with suppress(KeyFileError):
        assert all(len(one.hashed) == 32 for one in read_invitations(tmp_path, 0))
