"""`rsachat demo`: what it does when a step fails. The whole of it runs as a process elsewhere."""

import json
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

import pytest

from rsachat.commands import demo as module
from rsachat.commands.demo import Demo
from rsachat.commands.demo_programs import StepFailed
from rsachat.errors import RsachatError

STEPS = (
    "_keys _start_server _join _by_address _by_name _ciphertext "
    "_upload _compare _end_server _clients_leave"
).split()


def play(monkeypatch: pytest.MonkeyPatch, failing: str = "") -> list[str]:
    """Let every step succeed but the failing one; the list fills with what ran."""
    ran: list[str] = []

    def step(name: str) -> object:
        def run(_: Demo) -> str:
            ran.append(name)
            if name == failing:
                raise StepFailed("seen something else")
            return f"{name} done"

        return run

    for name in STEPS:
        monkeypatch.setattr(Demo, name, step(name))
    return ran


def test_all_steps_in_order_and_a_table_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = play(monkeypatch)
    demo = Demo(tmp_path, quiet=True)
    demo.run()
    demo.print_table()
    assert ran == STEPS
    out, err = capsys.readouterr()
    assert all(f"{name} done" in out for name in STEPS)
    assert err == ""


def test_each_step_is_an_object_for_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    play(monkeypatch)
    Demo(tmp_path, quiet=True, json=True).run()
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["what"] for event in events] == [f"{name} done" for name in STEPS]
    assert {event["event"] for event in events} == {"step"}


@pytest.mark.parametrize("failing", STEPS)
def test_the_first_step_that_fails_is_named_and_is_the_last(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = play(monkeypatch, failing)
    with pytest.raises(RsachatError) as raised:
        Demo(tmp_path, quiet=True).run()
    assert ran[-1] == failing
    assert raised.value.what.startswith("the demo failed at: ")
    assert raised.value.why == "seen something else"


def test_its_text_is_real_and_of_some_length() -> None:
    text = module._real_text()
    assert len(text) > 2000
    assert "rsachat server" in text


def test_what_it_leaves_behind_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    play(monkeypatch)
    monkeypatch.setattr("tempfile.TemporaryDirectory", lambda **_: nullcontext(tmp_path))
    with pytest.raises(RsachatError, match="the demo left something behind"):
        module.run(Namespace(quiet=True, json=False))
