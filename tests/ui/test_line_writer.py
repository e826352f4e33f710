"""Lines to a pipe whose reader is slow, or gone."""

import os
from pathlib import Path

from rsachat.runtime.loop import Loop
from rsachat.ui.line_writer import LineWriter
from tests.support.ui import Pipe


def test_lines_are_utf8_whatever_the_locale() -> None:
    pipe = Pipe()
    writer = LineWriter(pipe.fd)
    writer.line("漢字🙂")
    writer.line("lone \ud800")
    assert pipe.text() == "漢字🙂\nlone ?\n"
    assert writer.waiting == 0


def test_a_file_takes_all_at_once(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "log", os.O_WRONLY | os.O_CREAT)
    with Loop() as loop:
        writer = LineWriter(fd, loop=loop)
        writer.line("x" * 100_000)
        assert writer.drain(1)
    os.close(fd)
    assert (tmp_path / "log").stat().st_size == 100_001


def test_a_slow_reader_holds_up_nothing_and_gets_everything() -> None:
    pipe = Pipe()
    with Loop() as loop:
        writer = LineWriter(pipe.fd, loop=loop)
        for number in range(3000):
            writer.line(f"{number:099}")
        assert writer.waiting > 100_000
        received = bytearray()

        def read() -> None:
            received.extend(os.read(pipe._read, 65536))
            if len(received) == 300_000:
                loop.stop()
            else:
                loop.call_soon(read)

        loop.call_soon(read)
        loop.run()
        assert writer.waiting == 0
    assert received.decode() == "".join(f"{number:099}\n" for number in range(3000))
    pipe.text()


def test_what_nobody_reads_is_bounded_and_counted() -> None:
    pipe = Pipe()
    with Loop() as loop:
        writer = LineWriter(pipe.fd, loop=loop, limit=1000, on_lost="{} lost".format)
        for _ in range(1000):
            writer.line("x" * 99)
        assert writer.waiting < 1200
        early = os.read(pipe._read, 65_536).decode()
        assert writer.drain(1)
        writer.line("again")
        assert writer.drain(1)
    *lines, lost, last = (early + pipe.text()).splitlines()
    assert last == "again"
    assert lost == f"{1000 - len(lines)} lost"
    assert set(lines) == {"x" * 99}


def test_a_reader_that_has_gone_is_told_once() -> None:
    reader, fd = os.pipe()
    os.close(reader)
    errors: list[OSError] = []
    writer = LineWriter(fd, on_closed=errors.append)
    writer.line("a")
    writer.line("b")
    assert [type(error) for error in errors] == [BrokenPipeError]
    assert writer.closed
    assert writer.waiting == 0
    os.close(fd)


def test_draining_gives_up_in_time() -> None:
    pipe = Pipe()
    with Loop() as loop:
        writer = LineWriter(pipe.fd, loop=loop)
        writer.line("x" * 200_000)
        assert not writer.drain(0.05)
        os.close(pipe._read)
        assert writer.drain(1)  # the reader has gone: nothing waits any more
    os.close(pipe.fd)


def test_a_descriptor_made_non_blocking_by_another_is_waited_for() -> None:
    pipe = Pipe()
    os.set_blocking(pipe.fd, False)
    with Loop() as loop:
        writer = LineWriter(pipe.fd, loop=loop)
        writer.line("x" * 70_000)
        assert writer.waiting > 0
        os.read(pipe._read, 65_536)
        assert writer.drain(1)
    assert pipe.text().endswith("x\n")
