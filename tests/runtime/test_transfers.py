"""What an uploader remembers: one file a transfer, for its owner only, whole or none."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rsachat.errors import RsachatError
from rsachat.runtime.transfers import SavedTransfers, TransferName

NAME = TransferName(b"s" * 32, b"o" * 32, Path("/tmp/source.txt"), "target.txt")


def test_saved_loaded_dropped(tmp_path: Path) -> None:
    saved = SavedTransfers(tmp_path / "transfers")
    assert saved.load(NAME) is None
    saved.save(NAME, b"manifest")
    assert saved.load(NAME) == b"manifest"
    saved.save(NAME, b"newer")
    assert saved.load(NAME) == b"newer"
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
    saved.save(NAME, b"manifest")
    assert saved.load(replace(NAME, **change)) is None


def test_a_relative_path_is_the_file_it_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    relative = replace(NAME, path=Path("a.txt"))
    assert relative.file == replace(NAME, path=tmp_path / "a.txt").file


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"v":1}', '{"v":1,"manifest":"xyz"}', '{"v":2,"manifest":"00"}']
)
def test_a_damaged_file_is_as_none(tmp_path: Path, text: str) -> None:
    saved = SavedTransfers(tmp_path)
    saved.save(NAME, b"manifest")
    (tmp_path / NAME.file).write_text(text)
    assert saved.load(NAME) is None


def test_a_place_that_takes_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RsachatError):
        SavedTransfers(tmp_path / "file").save(NAME, b"manifest")
