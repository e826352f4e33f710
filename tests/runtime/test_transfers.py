"""What an uploader remembers: one file a transfer, for its owner only, whole or none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsachat.client.upload_io import Saved
from rsachat.errors import RsachatError
from rsachat.runtime.transfers import SavedTransfers, TransferName

NAME = TransferName(b"s" * 32, b"o" * 32, Path("/tmp/source.txt"), "target.txt")


def test_saved_loaded_dropped(tmp_path: Path) -> None:
    saved = SavedTransfers(tmp_path / "transfers")
    assert saved.load(NAME) is None
    for kept in (Saved(b"manifest"), Saved(b"newer", b"k" * 32)):
        saved.save(NAME, kept)
        assert saved.load(NAME) == kept
    (file,) = saved.folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert saved.folder.stat().st_mode & 0o777 == 0o700
    saved.drop(NAME)
    saved.drop(NAME)
    assert saved.load(NAME) is None


@pytest.mark.parametrize(
    "change",
    [
        {"server_fp": b"x" * 32},
        {"own_fp": b"x" * 32},
        {"path": Path("/tmp/other.txt")},
        {"target": "other.txt"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_transfer_is_another_file(tmp_path: Path, change: dict[str, Any]) -> None:
    saved = SavedTransfers(tmp_path)
    saved.save(NAME, Saved(b"manifest"))
    assert saved.load(replace(NAME, **change)) is None


def test_a_file_key_is_not_shown_by_accident() -> None:
    assert "kkkk" not in repr(Saved(b"manifest", b"k" * 32))


def test_a_relative_path_is_the_file_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = replace(NAME, path=Path("a.txt"))
    assert relative.file == replace(NAME, path=tmp_path / "a.txt").file


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "{}", '{"v":1}', '{"v":1,"manifest":"xyz"}', '{"v":2,"manifest":"00"}'),
        '{"v":1,"manifest":"00","key":"xyz"}',
        '{"v":1,"manifest":"00","key":7}',
    ],
)
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    saved = SavedTransfers(tmp_path)
    saved.save(NAME, Saved(b"manifest"))
    (tmp_path / NAME.file).write_text(text)
    assert saved.load(NAME) is None


def test_a_place_that_takes_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RsachatError):
        SavedTransfers(tmp_path / "file").save(NAME, Saved(b"manifest"))
