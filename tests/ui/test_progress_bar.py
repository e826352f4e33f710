"""The upload's bar."""

import re

import pyte
import pytest

from rsachat.ui.console import make_console
from rsachat.ui.progress_bar import BarProgress
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import COLOUR, Clock, Tty


class Bar:
    """A bar on a made-up terminal."""

    def __init__(self, width: int) -> None:
        self.clock, self._stream, self._width = Clock(), Tty(), width
        console = make_console(self._stream, COLOUR, width=width, height=10)
        self.progress = BarProgress(console, clock=self.clock)

    @property
    def raw(self) -> str:
        return self._stream.getvalue()

    @property
    def rows(self) -> list[str]:
        screen = pyte.Screen(self._width, 10)
        pyte.Stream(screen).feed(self.raw.replace("\n", "\r\n"))
        return [row.rstrip() for row in screen.display if row.strip()]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
def test_it_is_one_row_at_every_width(width: int) -> None:
    bar = Bar(width)
    bar.progress.begin("a-rather-long-name-for-a-target.txt", 1_234_567, 4823)
    bar.clock.now += 1
    bar.progress.update(600_000, 2344, 640_000)
    bar.progress.tick()
    (row,) = bar.rows
    assert len(row) <= width
    assert "%" in row
    assert ("━" in row) is (width >= 40)


def test_it_tells_all_where_there_is_room() -> None:
    bar = Bar(140)
    bar.progress.begin("target.txt", 1_000_000, 3907)
    bar.clock.now += 2
    bar.progress.update(500_000, 1953, 550_000)
    bar.progress.tick()
    (row,) = bar.rows
    for piece in ("target.txt", "50%", "488.3 KiB of 976.6 KiB stored",
                  "48.8 KiB more sent", "1,953/3,907", "244.1 KiB/s",
                  "2s left"):  # fmt: skip
        assert piece in row


def test_a_short_name_stands_beside_its_bar_on_a_wide_terminal() -> None:
    for name in ("a.txt", "a-rather-long-name-for-a-target.txt"):
        bar = Bar(200)
        bar.progress.begin(name, 1_000_000, 3907)
        (row,) = bar.rows
        assert row.index("━") <= max(12, len(name)) + 2
        assert name in row


def test_what_is_said_stays_above_and_the_bar_goes() -> None:
    bar = Bar(80)
    bar.progress.begin("a.txt", 1000, 4)
    bar.progress.say("connection lost, trying again")
    assert len(bar.rows) == 2
    bar.progress.end()
    assert bar.rows == ["connection lost, trying again"]
    bar.progress.begin("b.txt", 1000, 4)
    assert "b.txt" in bar.rows[1]


def test_it_is_drawn_ten_times_a_second_at_most() -> None:
    bar = Bar(80)
    bar.progress.begin("a.txt", 1000, 4)
    before = bar.raw
    bar.progress.update(500, 2, 500)
    bar.progress.tick()
    assert bar.raw == before
    bar.clock.now += 0.1
    bar.progress.tick()
    assert bar.raw != before


@pytest.mark.parametrize("size", [0, 1_000_000])
def test_it_is_not_whole_before_the_receipt(size: int) -> None:
    bar = Bar(100)
    bar.progress.begin("a", size, 4, size, 4)
    assert " 99%" in bar.rows[0]
    assert "waiting for the receipt" in bar.rows[0]


@pytest.mark.parametrize("width", [20, 40, 100])
def test_hashing_is_one_row_too_and_gives_way_to_sending(width: int) -> None:
    bar = Bar(width)
    bar.progress.hashing("a-rather-long-name-for-a-file.iso", 3, 4)
    (row,) = bar.rows
    assert len(row) <= width
    assert "75%" in row
    assert ("hashing" in row) is (width >= 40)
    bar.progress.begin("a", 1_000_000, 4)
    (row,) = bar.rows
    assert "hashing" not in row


def test_it_says_stalled() -> None:
    bar = Bar(80)
    bar.progress.begin("a", 1000, 4)
    bar.clock.now += 15
    bar.progress.tick()
    assert "stalled" in bar.rows[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_names_draw_no_control(text: str) -> None:
    bar = Bar(90)
    bar.progress.begin(text, 1000, 4)
    bar.progress.say(text)
    bar.progress.end()
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", bar.raw)
    assert all(is_safe(character) or character in "\r\n\u200c\u200d" for character in plain)
