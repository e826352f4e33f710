"""Processes as the demo runs them: read by lines, waited for, and never left behind."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.commands import demo_programs
from rsachat.commands.demo_programs import Program, StepFailed, wait_for

CHILD = """
import json, signal, sys, time
print(json.dumps({"event": "ready", "words": sys.argv[1:]}), flush=True)
print("no JSON", flush=True)
for line in sys.stdin:
    if line == "fail\\n":
        sys.exit("it failed")
    if line == "end\\n":
        break
    print(json.dumps({"event": "echo", "line": line.strip()}), flush=True)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    script = tmp_path / "child.py"
    script.write_text(CHILD)
    monkeypatch.setattr(demo_programs, "command_line", lambda: [sys.executable, str(script)])
    one = Program(tmp_path, "server", "--json")
    yield one
    one.kill()


def test_it_is_started_as_this_program_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["rsachat.py", "demo"])
    command = demo_programs.command_line()
    assert command[0] == sys.executable
    assert Path(command[1]).is_absolute()
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert demo_programs.command_line() == [sys.executable]


def test_events_are_waited_for_and_others_passed_over(program: Program) -> None:
    assert wait_for(program, "ready", 20)["words"] == ["server", "--json"]
    program.write("one")
    program.write("two")
    assert wait_for(program, "echo", 20)["line"] == "one"
    program.write("end")
    assert [event["line"] for event in program.wait(20)] == ["two"]


def test_what_does_not_come_is_a_failed_step(program: Program) -> None:
    wait_for(program, "ready", 20)
    with pytest.raises(StepFailed, match="said nothing more"):
        wait_for(program, "never", 0.05)
    with pytest.raises(StepFailed, match="does not end"):
        program.wait(0.05)


def test_another_exit_code_is_a_failed_step_with_what_was_said(program: Program) -> None:
    program.write("fail")
    with pytest.raises(StepFailed, match=r"(?s)ended with 1: .*it failed"):
        program.wait(20)


def test_an_interrupt_is_what_a_person_types(program: Program) -> None:
    wait_for(program, "ready", 20)
    program.interrupt()
    with pytest.raises(StepFailed, match="KeyboardInterrupt"):
        program.wait(20)


def test_who_is_killed_is_gone(program: Program) -> None:
    wait_for(program, "ready", 20)
    program.kill()
    program.kill()
    with pytest.raises(StepFailed):
        program.wait(5)
