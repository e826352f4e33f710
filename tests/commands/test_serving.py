"""One run of a server in this process: what ends it, what it says, what it leaves open."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rsachat.commands import serving
from rsachat.commands.serving import Service, on_signal, serve
from rsachat.crypto.engine import chosen
from rsachat.errors import RsachatError
from rsachat.runtime.keystore import Identity, Keystore
from rsachat.runtime.listener import Listener
from rsachat.runtime.loop import Loop
from rsachat.runtime.rotating_file import RotatingFile
from rsachat.runtime.workers import WorkerPool
from rsachat.server.notices import Listening, Notice, Snapshot, Stopping, Warned
from rsachat.settings import ServerSettings
from rsachat.ui.log_file import LogFile
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public


class Screen:
    """Keeps what it is told; `on_listening` is called with the first notice."""

    interval = 0.01

    def __init__(self, on_listening: Callable[[], object]) -> None:
        self.notices: list[Notice] = []
        self.frames = 0
        self._on_listening = on_listening

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def announce(self, notice: Notice, time_ms: int) -> None:
        self.notices.append(notice)
        if isinstance(notice, Listening):
            self._on_listening()

    def draw(self, snapshot: Callable[[], Snapshot]) -> None:
        assert snapshot().clients == 0
        self.frames += 1


@pytest.fixture
def loop() -> Iterator[Loop]:
    with Loop() as made:
        yield made


def service(folder: Path, port: int = 0, log: LogFile | None = None) -> Service:
    put_pair(folder / "keys", "server", "server")
    put_public(folder / "keys", "alice", "alice")
    (folder / "uploads").mkdir()
    identity = Identity("server", keys.private("server"), False)
    settings = ServerSettings(port=port, workers=1)
    return Service(settings, Keystore(folder / "keys"), identity, folder / "uploads", log)


def test_a_signal_ends_it_and_screen_and_log_had_the_notice(tmp_path: Path, loop: Loop) -> None:
    log = LogFile(tmp_path / "log")
    screen = Screen(lambda: loop.call_later(0.05, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    serve(service(tmp_path, log=log), loop, screen)
    log.close()
    listening, *_ = screen.notices
    assert isinstance(listening, Listening)
    assert listening.authorized == 1
    assert listening.engine == chosen().NAME
    assert screen.frames > 1
    assert listening.address in (tmp_path / "log").read_text()


def test_workers_that_do_not_start_end_it_with_an_error(
    tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_pool(*arguments: Any, on_broken: Callable[[str], object]) -> WorkerPool:
        loop.call_soon(lambda: on_broken("there is no memory"))
        return WorkerPool(*arguments, on_broken=on_broken)

    monkeypatch.setattr(serving, "WorkerPool", broken_pool)
    with pytest.raises(RsachatError, match="the worker processes do not start") as caught:
        serve(service(tmp_path), loop, Screen(lambda: None))
    assert caught.value.why == "there is no memory"
    assert caught.value.hint


def test_an_address_of_another_is_an_error_before_anything_starts(
    tmp_path: Path, loop: Loop
) -> None:
    screen = Screen(lambda: None)
    with Loop() as other:
        taken = Listener(other, "127.0.0.1", 0, lambda _sock, _address: None)
        port = int(taken.address.rsplit(":", 1)[1])
        with pytest.raises(RsachatError, match="cannot listen"):
            serve(service(tmp_path, port), loop, screen)
        taken.close()
    assert screen.notices == []


def test_a_hangup_without_a_terminal_reopens_the_log(tmp_path: Path) -> None:
    stopped: list[bool] = []
    told: list[Notice] = []
    (tmp_path / "logs").mkdir()
    log = LogFile(tmp_path / "logs" / "log")

    def signalled(number: signal.Signals) -> None:
        on_signal(lambda: stopped.append(True), log, told.append, number)

    (tmp_path / "logs" / "log").rename(tmp_path / "logs" / "old")
    signalled(signal.SIGHUP)
    assert (tmp_path / "logs" / "log").exists()
    assert not told
    (tmp_path / "logs").rename(tmp_path / "elsewhere")
    signalled(signal.SIGHUP)
    assert isinstance(told[0], Warned)
    assert not stopped
    signalled(signal.SIGTERM)
    assert stopped
    log.close()


def test_a_log_that_takes_nothing_ends_nothing_and_is_said_on_the_screen(
    tmp_path: Path, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    log = LogFile(tmp_path / "log")
    monkeypatch.setattr(RotatingFile, "write_line", full)
    screen = Screen(lambda: loop.call_later(0.05, lambda: os.kill(os.getpid(), signal.SIGTERM)))
    serve(service(tmp_path, log=log), loop, screen)
    log.close()
    assert [type(notice) for notice in screen.notices] == [Listening, Warned, Stopping]
