"""The runner: a target in a process of its own, what breaks it written down, a table at the end."""

from pathlib import Path

import pytest

from tests.fuzz.__main__ import Tally, main, run, table
from tests.fuzz.child import Watched


def test_a_run_of_one_target_ends_with_its_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["invitation", "--plain", "--minutes=0.01", "--jobs=1", "--seed=7"]
    assert main([*words, f"--work={tmp_path}"]) == 0
    *_, head, row, total = capsys.readouterr().out.splitlines()
    assert head.split() == ["target", "executions", "exec/s", "CPU", "s", "coverage", "crashes"]
    assert row.split()[0] == "invitation"
    assert int(row.split()[1].replace(",", "")) > 100
    assert row.split()[1:] == total.split()[1:]
    assert "seed 7" in (tmp_path / "invitation" / "log").read_text()


def test_an_unknown_target_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nothing"])
    assert "no target nothing" in capsys.readouterr().err


def test_a_process_that_fails_counts_as_broken(tmp_path: Path) -> None:
    assert run("nothing", tmp_path / "nothing", ["--seconds=1"]).crashes == 1


def test_each_place_that_breaks_is_written_down_once(tmp_path: Path) -> None:
    def target(data: bytes) -> None:
        if data == b"one":
            raise ValueError("here")
        if data[:1] == b"t":
            raise ValueError("there")

    watched = Watched(target, tmp_path)
    for data in (b"fine", b"one", b"two", b"three", b"one"):
        watched(data)
    found = sorted(path for path in tmp_path.iterdir() if path.suffix != ".txt")
    assert sorted(path.read_bytes() for path in found) == [b"one", b"two"]
    assert "here" in "".join(path.with_suffix(".txt").read_text() for path in found)


def test_the_table_sums_up() -> None:
    lines = table([Tally("a", 1000, 2.0, 5, 0), Tally("b", 50, 0.5, None, 1)]).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["a", "1,000", "500", "2.0", "5", "0"],
        ["b", "50", "100", "0.5", "-", "1"],
        ["all", "1,050", "420", "2.5", "5", "1"],
    ]
