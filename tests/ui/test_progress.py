"""Progress: speed, time left, and a line every five seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.ui.line_writer import LineWriter
from rsachat.ui.progress import LineProgress, Meter, Transfer, done_line
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import Clock, Sink


def test_speed_is_that_of_the_last_seconds() -> None:
    clock = Clock()
    meter = Meter(100_000, 0, clock)
    assert meter.speed == 0
    assert meter.seconds_left is None
    for _ in range(30):
        clock.now += 1
        meter.update(meter.done + 1000)
    assert meter.speed == 1000
    assert meter.seconds_left == 70
    for _ in range(20):
        clock.now += 1
        meter.update(meter.done + 2000)
    assert meter.speed == 2000
    assert meter.seconds_left == 15


def test_what_was_there_before_is_not_speed() -> None:
    clock = Clock()
    meter = Meter(100_000, 50_000, clock)
    clock.now += 10
    meter.update(51_000)
    assert meter.speed == 100


def test_a_stalled_transfer_slows_down() -> None:
    clock = Clock()
    meter = Meter(1000, 0, clock)
    clock.now += 1
    meter.update(100)
    clock.now += 9
    assert meter.speed == 10


def test_the_line_has_bytes_chunks_speed_and_time_left() -> None:
    clock = Clock()
    transfer = Transfer("target.txt", 4823, Meter(1_234_567, 0, clock))
    clock.now += 2
    transfer.update(204_800, 800, 204_800)
    assert transfer.line == (
        "target.txt  200.0 KiB of 1.2 MiB stored  800 of 4,823 chunks  100.0 KiB/s  10s left"
    )


def test_sent_stored_and_verified_are_told_apart() -> None:
    clock = Clock()
    transfer = Transfer("a", 4, Meter(1000, 0, clock))
    clock.now += 1
    transfer.update(256, 1, 768)
    assert "256 bytes of 1,000 bytes stored  512 bytes more sent" in transfer.line
    transfer.update(1000, 4, 1000)
    assert "1,000 bytes of 1,000 bytes stored" in transfer.line
    assert "more sent" not in transfer.line
    assert transfer.line.endswith("waiting for the receipt")


@given(st.integers(0, 10**12), st.data())
def test_it_is_never_whole_before_the_receipt(total: int, draw: st.DataObject) -> None:
    done = draw.draw(st.integers(0, total))
    assert 0 <= Transfer("a", 1, Meter(total, done, Clock())).share < 1


def test_no_progress_for_fifteen_seconds_is_stalled() -> None:
    clock = Clock()
    transfer = Transfer("a", 40, Meter(10_000, 0, clock))
    clock.now += 1
    transfer.update(1000, 4, 2000)
    clock.now += 14.9
    transfer.update(1000, 4, 3000)  # more sent is no progress
    assert "stalled" not in transfer.line
    clock.now += 0.1
    assert transfer.line.endswith("stalled")
    transfer.update(1256, 5, 3000)
    assert "stalled" not in transfer.line
    transfer.update(10_000, 40, 10_000)
    clock.now += 15
    assert transfer.line.endswith("stalled")


def progress(quiet: bool = False) -> tuple[LineProgress, Clock, Sink]:
    clock, pipe = Clock(), Sink()
    return LineProgress(LineWriter(pipe.fd), clock=clock, quiet=quiet), clock, pipe


def test_a_line_every_five_seconds() -> None:
    lines, clock, pipe = progress()
    lines.begin("a", 1000, 4)
    for _ in range(100):
        clock.now += 0.25
        lines.update(10, 1, 10)
        lines.tick()
    lines.say("again")
    lines.end()
    lines.tick()
    text = pipe.text().splitlines()
    assert len(text) == 6
    assert text[-1] == "again"


def test_a_long_hash_gives_a_sign_of_life_until_sending_begins() -> None:
    lines, clock, pipe = progress()
    for done in range(48):
        lines.hashing("big.iso", done, 64)
        clock.now += 0.25
        lines.tick()
    lines.begin("big.iso", 1000, 4)
    clock.now += 5
    lines.tick()
    first, second, third = pipe.text().splitlines()
    assert [first, second] == ["big.iso  hashing  29 %", "big.iso  hashing  60 %"]
    assert "stored" in third


def test_a_short_hash_says_nothing() -> None:
    lines, clock, pipe = progress()
    lines.hashing("a", 5, 10)
    clock.now += 4.9
    lines.tick()
    lines.end()
    lines.tick()
    assert pipe.text() == ""


def test_quiet_says_nothing() -> None:
    lines, clock, pipe = progress(quiet=True)
    lines.begin("a", 1000, 4)
    clock.now += 60
    lines.tick()
    lines.say("x")
    lines.end()
    assert pipe.text() == ""


def test_the_last_line_is_as_documented() -> None:
    assert done_line("target.txt", 1_234_567, 4823, "00ff", "ab-cd") == (
        "target.txt  1,234,567 bytes  4,823 chunks  SHA-256 00ff  receipt signed by server ab-cd"
    )


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_file_names_are_safe(text: str) -> None:
    lines, clock, pipe = progress()
    lines.hashing(text, 1, 2)
    clock.now += 5
    lines.tick()
    lines.begin(text, 1, 1)
    clock.now += 5
    lines.tick()
    lines.say(text)
    shown = [*pipe.text().splitlines(), done_line(text, 1, 1, "00", "ab")]
    assert len(shown) == 4
    for line in shown:
        assert all(is_safe(character) or character in "\u200c\u200d" for character in line)
