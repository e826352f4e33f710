"""What is kept of a run: inputs that go where no other goes, within a bound."""

from pathlib import Path

import pytest

from tests.fuzz import inputs
from tests.fuzz.keep import Steps, chosen, keep, reached


def steps(*lines: int) -> Steps:
    return {("file", 0, line) for line in lines}


def test_the_input_that_adds_most_comes_first() -> None:
    each = {b"a": steps(1), b"bb": steps(1, 2, 3), b"c": steps(4), b"known": steps(9)}
    assert chosen(each, steps(9), 9) == [b"bb", b"c"]
    assert chosen(each, steps(9), 1) == [b"bb"]
    assert chosen({}, steps(9), 9) == []


def test_of_two_that_do_the_same_the_shorter_is_kept() -> None:
    assert chosen({b"longer": steps(1), b"s": steps(1)}, set(), 9) == [b"s"]


def test_other_inputs_take_other_steps() -> None:
    target = inputs.target("line")
    assert reached(target, b"\x00/who") != reached(target, b"\x00/quit")
    assert reached(target, b"\x00/who") == reached(target, b"\x00/who")


def test_a_run_leaves_what_is_new_in_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "first_inputs", lambda _name: [b"\x00quit"])
    grown, corpus = tmp_path / "grown", tmp_path / "corpus"
    grown.mkdir()
    for number, data in enumerate((b"\x00quit", b"\x00/who", b"\x00/say " + b"y" * 2000)):
        (grown / str(number)).write_bytes(data)
    assert keep("line", grown, corpus) == [b"\x00/who"]
    assert [path.read_bytes() for path in corpus.iterdir()] == [b"\x00/who"]
