"""Lines from pipes and files, however they are cut, and only as fast as they are wanted."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.runtime.line_reader import MAX_LINE, LineReader
from rsachat.runtime.loop import Loop
from tests.support.loops import run_for, run_until


class Reading:
    """A reader on a pipe; `write` and `end` are the other end."""

    def __init__(self, loop: Loop, fd: int | None = None) -> None:
        self.loop = loop
        self.lines: list[str] = []
        self.ended = 0
        self.pause_at = -1
        self._in, self._out = os.pipe()
        self.reader = LineReader(loop, self._in if fd is None else fd, self._line, self._end)

    def _line(self, line: str) -> None:
        self.lines.append(line)
        if len(self.lines) == self.pause_at:
            self.reader.pause()

    def _end(self) -> None:
        self.ended += 1

    def write(self, data: bytes) -> None:
        os.write(self._out, data)

    def end(self) -> None:
        os.close(self._out)
        self._out = -1

    def close(self) -> None:
        self.reader.close()
        os.close(self._in)
        if self._out >= 0:
            os.close(self._out)


@pytest.fixture
def reading() -> Iterator[Reading]:
    with Loop() as loop:
        one = Reading(loop)
        yield one
        one.close()


def test_lines_come_one_by_one_however_they_are_cut(reading: Reading) -> None:
    text = "one\r\ntwo é 漢\n\nlast without a break".encode()
    for byte in text:
        reading.write(bytes([byte]))
        run_for(reading.loop, 0)
    reading.end()
    run_until(reading.loop, lambda: reading.ended)
    assert reading.lines == ["one", "two é 漢", "", "last without a break"]
    assert reading.ended == 1


def test_nothing_is_handed_out_while_paused_and_nothing_is_lost(reading: Reading) -> None:
    reading.pause_at = 2
    reading.write(b"1\n2\n3\n4\n")
    reading.end()
    run_for(reading.loop, 0.02)
    assert reading.lines == ["1", "2"]
    assert not reading.ended
    reading.pause_at = 3
    reading.reader.resume()
    run_for(reading.loop, 0.02)
    assert reading.lines == ["1", "2", "3"]
    reading.reader.resume()
    reading.reader.resume()
    run_until(reading.loop, lambda: reading.ended)
    assert reading.lines == ["1", "2", "3", "4"]


def test_a_paused_reader_reads_on_when_more_is_written(reading: Reading) -> None:
    reading.pause_at = 1
    reading.write(b"1\n")
    run_until(reading.loop, lambda: reading.lines)
    reading.write(b"2\n")
    run_for(reading.loop, 0.02)
    assert reading.lines == ["1"]
    reading.reader.resume()
    run_until(reading.loop, lambda: reading.lines == ["1", "2"])


def test_a_plain_file_is_read_and_paused_as_a_pipe_is(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_text("".join(f"{number}\n" for number in range(30_000)))
    fd = os.open(path, os.O_RDONLY)
    try:
        with Loop() as loop:
            reading = Reading(loop, fd)
            reading.pause_at = 20_000
            run_for(loop, 0.05)
            assert len(reading.lines) == 20_000
            reading.reader.resume()
            run_until(loop, lambda: reading.ended)
            assert reading.lines == [str(number) for number in range(30_000)]
            reading.close()
    finally:
        os.close(fd)


def test_bytes_that_are_no_utf8_become_replacements(reading: Reading) -> None:
    reading.write(b"a\xffb\n\xe6\xbc")
    reading.end()
    run_until(reading.loop, lambda: reading.ended)
    assert reading.lines == ["a�b", "�"]


def test_of_a_line_without_end_only_so_much_is_kept(reading: Reading) -> None:
    for _ in range(8):
        reading.write(b"x" * 60_000)
        run_for(reading.loop, 0)
    reading.write(b"\nnext\n")
    run_until(reading.loop, lambda: len(reading.lines) == 2)
    assert [len(line) for line in reading.lines] == [MAX_LINE, 4]


def test_a_closed_reader_says_nothing_more(reading: Reading) -> None:
    reading.write(b"1\n")
    reading.reader.close()
    reading.end()
    run_for(reading.loop, 0.02)
    assert reading.lines == []
    assert not reading.ended
