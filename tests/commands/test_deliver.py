"""A run of uploads: what is printed, what is tried again, which exit code it ends with."""

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from rsachat.client.upload_io import Delivered, Hashing, NotDelivered, Progress, Remark
from rsachat.client.upload_session import UploadLogin, Wish
from rsachat.commands import deliver as module
from rsachat.commands.deliver import GO_ON, Delivery, Outcomes, deliver, say_failed
from rsachat.commands.receipts import ReceiptKeeper
from rsachat.errors import ConnectError, Interrupted, RefusedError, RsachatError
from rsachat.protocol.receipt_file import ReceiptFile, decode_receipt_file
from rsachat.protocol.transfer import Mode
from rsachat.runtime.client_shell import Target
from rsachat.runtime.loop import Loop
from rsachat.runtime.sources import SourceFile
from rsachat.runtime.upload_shell import Report, Source
from rsachat.ui.progress import LineProgress
from tests.support import keys

LOST = ConnectError("the connection to example.org:8000 was lost", why="cut", hint="other")
ENVIRON: Mapping[str, str] = {"TERM": "dumb"}
Step = Report | RsachatError | None


class Shell:
    """Plays one list of steps for each connection; a list's last step is how it ends."""

    script: list[list[Step]]
    stands: list[bool]
    made: "Shell"

    def __init__(
        self,
        loop: Loop,
        workers: int,
        sources: object,
        saved: object,
        own_fp: bytes,
        report: Callable[[int, Report], object],
    ) -> None:
        self.workers = workers
        self.loop = loop
        self.report = report
        self.connections = 0
        self.left = self.closed = self.over = False
        self.number = 0
        self.finished: Callable[[RsachatError | None], object] = lambda error: None
        Shell.made = self

    def new_job_id(self) -> int:
        return 1

    def connect(
        self,
        target: Target,
        make_session: Callable[[], Any],
        on_finished: Callable[[RsachatError | None], object],
    ) -> None:
        steps = self.script[self.connections]
        stands = self.stands[self.connections]
        self.connections += 1
        self.over = False
        self.finished = on_finished
        if stands:
            session = make_session()
            session._welcome = object()
        for step in steps:
            self.loop.call_soon(partial(self.play, step))

    def play(self, step: Step) -> None:
        if step is None or isinstance(step, RsachatError):
            self.end(step)
            return
        self.report(self.number, step)
        self.number += isinstance(step, Delivered | NotDelivered)

    def leave(self) -> None:
        """A connection that is over says nothing more."""
        self.left = True
        self.loop.call_soon(partial(self.end, None))

    def end(self, error: RsachatError | None) -> None:
        if not self.over:
            self.over = True
            self.finished(error)

    def close(self) -> None:
        self.closed = True


def delivered(size: int = 300, *, already: bool = False) -> Delivered:
    return Delivered(size, 2, b"\xab" * 32, 1, already, b"m", b"r", b"s")


def run(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    script: list[list[Step]],
    stands: list[bool] | None = None,
    mode: Mode = Mode.RSA_CHUNKS,
    **options: Any,
) -> Outcomes:
    monkeypatch.setattr(Shell, "script", script, raising=False)
    monkeypatch.setattr(Shell, "stands", stands or [True] * len(script), raising=False)
    monkeypatch.setattr(module, "UploadShell", Shell)
    monkeypatch.setattr("rsachat.client.backoff.FIRST", 0.01)
    names = ["a.txt", "b.txt"]
    login = UploadLogin(
        keys.private("alice"), "alice", "example.org:8000", keys.public("server").fingerprint
    )
    sources = [Source(SourceFile(folder / name, name), name) for name in names]
    base: dict[str, Any] = {
        "receipts": None,
        "retry": True,
        "json": False,
        "quiet": False,
        "plain": True,
        "debug": False,
    }
    delivery = Delivery(login, Target("example.org", 8000), folder, sources, **(base | options))
    outcomes = Outcomes([Wish(i, name, False, mode) for i, name in enumerate(names)])
    deliver(delivery, outcomes, ENVIRON)
    return outcomes


@pytest.fixture
def told(capfd: pytest.CaptureFixture[str]) -> Callable[[], tuple[str, str]]:
    return capfd.readouterr


def test_each_file_has_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    steps: list[Step] = [delivered(), delivered(1, already=True), None]
    outcomes = run(monkeypatch, tmp_path, [steps])
    first, second = told()[0].splitlines()
    assert first.startswith("a.txt  300 bytes  2 chunks  SHA-256 abab")
    assert "receipt signed by server" in first
    assert second.endswith("(already there)")
    assert (outcomes.code, outcomes.pending) == (0, [])
    assert Shell.made.closed


def test_the_exit_code_is_the_first_failures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    forged = RefusedError("a.txt has no valid receipt", why="forged")
    steps: list[Step] = [NotDelivered(forged), NotDelivered(RsachatError("no")), None]
    outcomes = run(monkeypatch, tmp_path, [steps])
    assert outcomes.code == 4
    assert "rsachat: a.txt has no valid receipt\nforged\n" in told()[1]


def test_json_says_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    steps: list[Step] = [delivered(), NotDelivered(RsachatError("what", why="why")), None]
    run(monkeypatch, tmp_path, [steps], json=True)
    done, failed = map(json.loads, told()[0].splitlines())
    assert (done["event"], done["file"], done["size"]) == ("upload-done", "a.txt", 300)
    assert (done["sha256"], done["already_there"]) == ("ab" * 32, False)
    assert done["receipt_time"] == "1970-01-01T00:00:00.001Z"
    assert (failed["event"], failed["file"], failed["reason"]) == ("upload-failed", "b.txt", "why")


def test_a_lost_connection_is_tried_again_with_what_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    script: list[list[Step]] = [
        [delivered(), Progress(0, 9, 0, 1, 0), LOST],
        [LOST],
        [Progress(0, 9, 0, 1, 0), delivered(), None],
    ]
    outcomes = run(monkeypatch, tmp_path, script, [True, False, True])
    assert Shell.made.connections == 3
    assert outcomes.code == 0
    assert told()[1].count("trying again") == 2


@pytest.mark.parametrize(
    ("error", "stands", "retry", "hint"),
    [
        (LOST, True, False, GO_ON),
        (LOST, False, True, "other"),
        (RefusedError("changed key", hint="ask"), True, True, "ask"),
    ],
    ids=["told not to", "never stood", "refused"],
)
def test_what_is_not_tried_again(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    told: Callable[[], tuple[str, str]],
    error: RsachatError,
    stands: bool,
    retry: bool,
    hint: str,
) -> None:
    outcomes = run(monkeypatch, tmp_path, [[error]], [stands], retry=retry)
    assert Shell.made.connections == 1
    assert outcomes.code == error.exit_code
    assert f"hint: {hint}" in told()[1]


def test_trying_again_ends_after_two_minutes_without_progress(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr("rsachat.client.backoff.LAST", 0.03)
    outcomes = run(monkeypatch, tmp_path, [[LOST]] * 30)
    assert 2 <= Shell.made.connections < 30
    assert outcomes.code == 3
    assert f"hint: {GO_ON}" in told()[1]


def test_an_interrupt_says_goodbye(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    class Interrupting(Shell):
        def play(self, step: Step) -> None:
            os.kill(os.getpid(), 2)

    monkeypatch.setattr(module, "UploadShell", Interrupting)
    monkeypatch.setattr(sys.modules[__name__], "Shell", Interrupting)
    with pytest.raises(Interrupted) as caught:
        run(monkeypatch, tmp_path, [[Progress(0, 9, 0, 1, 0)]])
    assert caught.value.hint == GO_ON
    assert Interrupting.made.left


def test_an_interrupt_between_two_tries_is_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    class Waiting(Shell):
        def play(self, step: Step) -> None:
            super().play(step)
            os.kill(os.getpid(), 15)

    monkeypatch.setattr(sys.modules[__name__], "Shell", Waiting)
    with pytest.raises(Interrupted):
        run(monkeypatch, tmp_path, [[LOST]] * 2, [True, False])
    assert Waiting.made.connections == 1


def test_a_long_upload_says_how_long(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    steps: list[Step] = [
        Remark("by the way"),
        Progress(0, 5 << 20, 0, 20_480, 0),
        Progress(1 << 20, 5 << 20, 4096, 20_480, 1 << 20),
        delivered(),
        delivered(),
        None,
    ]
    run(monkeypatch, tmp_path, [steps])
    lines = told()[1].splitlines()
    assert lines[0] == "by the way"
    assert "5.0 MiB" in lines[1]
    assert "about 25s" in lines[1]
    assert "--envelope takes seconds" in lines[1]


def test_a_long_hash_shows_that_it_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown: list[tuple[object, ...]] = []
    monkeypatch.setattr(LineProgress, "hashing", lambda self, *words: shown.append(words))
    run(monkeypatch, tmp_path, [[Hashing(1, 2), delivered(), delivered(), None]])
    assert shown == [("a.txt", 1, 2)]


def test_after_a_loss_the_hash_of_a_long_file_gives_way_to_what_is_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    shown: list[str] = []

    def end(self: LineProgress) -> None:
        shown.append(self._shown.line if self._shown else "")

    monkeypatch.setattr(LineProgress, "end", end)
    size = 5 << 20
    hashing, begun = Hashing(1 << 20, size), Progress(0, size, 0, 20_480, 0)
    again, more = Progress(2560, size, 10, 20_480, 0), Progress(25_600, size, 100, 20_480, 0)
    run(monkeypatch, tmp_path, [[hashing, begun, LOST], [hashing, again, more, delivered(), None]])
    assert "100 of 20,480 chunks" in shown[0]
    assert told()[1].count("--envelope takes seconds") == 1


def test_a_long_envelope_says_nothing_of_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    steps: list[Step] = [Progress(0, 5 << 20, 0, 80, 0), delivered(), delivered(), None]
    run(monkeypatch, tmp_path, [steps], mode=Mode.ENVELOPE)
    assert told()[1] == ""


def test_receipts_are_kept_and_one_that_cannot_be_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    keeper = ReceiptKeeper(tmp_path / "kept", several=True)
    (tmp_path / "kept" / "b.txt.receipt").mkdir()
    outcomes = run(monkeypatch, tmp_path, [[delivered(), delivered(), None]], receipts=keeper)
    found = decode_receipt_file((tmp_path / "kept" / "a.txt.receipt").read_bytes())
    assert found == ReceiptFile(b"s", keys.public("alice").spki, b"m", b"r")
    assert (outcomes.code, outcomes.pending) == (1, [])
    out, err = told()
    assert len(out.splitlines()) == 2
    assert "cannot keep the receipt in" in err


def test_quiet_says_errors_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]]
) -> None:
    steps: list[Step] = [Remark("by the way"), delivered(), delivered(), None]
    run(monkeypatch, tmp_path, [steps], quiet=True)
    assert told()[1] == ""


def test_a_source_that_cannot_be_offered_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr(sys, "stderr", err)
    outcomes = Outcomes([])
    say_failed(RsachatError("cannot read x"), outcomes, ENVIRON, debug=False)
    assert outcomes.code == 1
    assert err.getvalue() == "rsachat: cannot read x\n"


@pytest.mark.parametrize("step", [NotDelivered(RsachatError("too big")), LOST])
def test_debug_adds_a_traceback_to_each_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, told: Callable[[], tuple[str, str]], step: Step
) -> None:
    script = [[step, None]]
    run(monkeypatch, tmp_path, script, stands=[False], debug=True)
    err = told()[1]
    assert err.startswith("Traceback (most recent call last):\n")
    assert "deliver.py" in err
    run(monkeypatch, tmp_path, script, stands=[False])
    assert "Traceback" not in told()[1]
