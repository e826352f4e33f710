"""A folder's lock: one holder at a time, made where it is missing, never through a link."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rsachat.errors import RsachatError
from rsachat.runtime.folder_lock import locked


def test_it_makes_what_it_needs(tmp_path: Path) -> None:
    with locked(tmp_path / "keys", ".lock"):
        pass
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "keys" / ".lock").stat().st_mode) == 0o600


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")

    def count(_number: int) -> None:
        with locked(tmp_path, ".lock"):
            value = int(counter.read_text())
            os.sched_yield()
            counter.write_text(str(value + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(200)))
    assert counter.read_text() == "200"


def test_it_is_free_again_after_a_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyError), locked(tmp_path, ".lock"):
        raise KeyError
    with locked(tmp_path, ".lock"):
        pass


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RsachatError), locked(tmp_path, ".lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_holder_that_never_lets_go_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    with locked(tmp_path, ".lock"):
        with (
            pytest.raises(RsachatError, match="cannot write"),
            locked(tmp_path, ".lock", 0.05),
        ):
            pytest.fail("two holders")
        began = time.monotonic()
        with pytest.raises(RsachatError), locked(tmp_path, ".lock", 0.05):
            pytest.fail("two holders")
        assert 0.05 <= time.monotonic() - began < 1.0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_made_by_root_it_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    with locked(tmp_path, ".lock"):
        pass
    status = (tmp_path / ".lock").stat()
    assert (status.st_uid, status.st_gid) == (12345, 12346)
