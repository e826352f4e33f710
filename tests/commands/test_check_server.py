"""`doctor` on a server's machine: ports and disks."""

import os
import socket
from pathlib import Path

import pytest

from rsachat.commands.check_server import check_port, check_uploads
from rsachat.settings import TransferLimits
from tests.support.checked import new_report, only


def test_a_port_is_free_taken_or_its_own_servers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        report = new_report()
        check_port(report, "127.0.0.1", port, running=False)
        assert only(report).state.value == "fail"
        assert "--port" in only(report).todo
        report = new_report()
        check_port(report, "127.0.0.1", port, running=True)
        assert only(report).state.value == "ok"
    report = new_report()
    check_port(report, "127.0.0.1", port, running=False)
    assert only(report).found == "free"


def test_an_address_of_another_machine_is_a_failure() -> None:
    report = new_report()
    check_port(report, "192.0.2.7", 8000, running=False)
    assert "--host" in only(report).todo


def test_room_is_told_for_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "not" / "yet"):
        report = new_report()
        check_uploads(report, folder, TransferLimits(max_file=1, free_margin=0))
        assert only(report).state.value == "ok"
        assert "free" in only(report).found
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        (TransferLimits(max_file=1 << 60), "warn"),
        (TransferLimits(free_margin=1 << 60), "fail"),
    ],
)
def test_little_room_is_said(limits: TransferLimits, state: str, tmp_path: Path) -> None:
    report = new_report()
    check_uploads(report, tmp_path, limits)
    assert only(report).state.value == state


def test_a_place_that_cannot_be_written_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    report = new_report()
    check_uploads(report, tmp_path / "file" / "uploads", TransferLimits())
    assert "may not write" in only(report).found
    monkeypatch.setattr(os, "access", lambda *_: False)
    report = new_report()
    check_uploads(report, tmp_path, TransferLimits())
    assert "--uploads" in only(report).todo
