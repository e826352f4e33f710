"""The parts of the server's screen."""

import io
from dataclasses import replace

import pytest

from rsachat.server.notices import ClientRow, Snapshot, TransferRow
from rsachat.ui import server_tables
from rsachat.ui.console import make_text_console
from rsachat.ui.rows import Row, Rows
from tests.support.hostile import HOSTILE, is_safe

FINGERPRINT = "-".join(["abcd"] * 13)


def snapshot(clients: int = 0, transfers: int = 0, name: str = "name") -> Snapshot:
    rows = [ClientRow(f"{name}{i}", f"127.0.0.1:{i}", i, i % 7, i * 1024) for i in range(clients)]
    files = [TransferRow(name, f"file{i}", 500, 1000, i * 1000) for i in range(transfers)]
    return Snapshot("127.0.0.1:8000", FINGERPRINT, 3, False, 0, 312_000, clients, rows, files)


def drawn(rows: list[Row], width: int) -> list[str]:
    buffer = io.StringIO()
    make_text_console(buffer, width, {"NO_COLOR": "1"}).print(Rows(rows))
    return [line.rstrip() for line in buffer.getvalue().splitlines()]


def test_the_header_says_where_how_long_and_how_many() -> None:
    lines = drawn(server_tables.header(snapshot(1234), 80), 80)
    assert lines[1] == "rsachat server 127.0.0.1:8000  up 5m12s  clients: 1,234"
    assert lines[2] == f"3 keys  {FINGERPRINT}"
    assert len(lines) == server_tables.HEADER_ROWS


@pytest.mark.parametrize(
    ("width", "open_to_all", "text"),
    [
        (100, False, f"3 authorized keys  {FINGERPRINT}"),
        (80, False, f"3 keys  {FINGERPRINT}"),
        (60, False, f"3 keys  {FINGERPRINT}"[:59] + "…"),
        (100, True, f"open to every key  {FINGERPRINT}"),
        (80, True, f"open  {FINGERPRINT}"),
    ],
)
def test_the_header_shows_the_whole_fingerprint_where_it_can(
    width: int, open_to_all: bool, text: str
) -> None:
    view = replace(snapshot(), open_to_all=open_to_all)
    assert drawn(server_tables.header(view, width), width)[2] == text


def test_the_header_names_the_engine_where_there_is_room() -> None:
    view = replace(snapshot(1234), engine="pycryptodome")
    lines = {width: drawn(server_tables.header(view, width), width)[1] for width in (80, 60)}
    assert lines[80].endswith("  clients: 1,234  RSA by pycryptodome")
    assert lines[60] == "rsachat server 127.0.0.1:8000  up 5m12s  clients: 1,234"


@pytest.mark.parametrize("width", [20, 30, 40, 80])
def test_a_narrow_header_still_tells_how_many(width: int) -> None:
    line = drawn(server_tables.header(snapshot(1234), width), width)[1]
    assert "clients: 1,234" in line
    assert len(line) <= width
    assert ("up 5m12s" in line) == (width >= 40)


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_header_keeps_its_height(width: int) -> None:
    lines = drawn(server_tables.header(snapshot(), width), width)
    assert len(lines) == server_tables.HEADER_ROWS


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_a_table_has_the_rows_that_fit_and_a_count_of_the_rest(width: int) -> None:
    lines = drawn(server_tables.clients(snapshot(1000), 10, width), width)
    assert len(lines) == 10 + server_tables.TABLE_ROWS
    assert lines[-1].startswith("… 990 more")
    assert all(len(line) <= width for line in lines)


def test_the_busiest_come_first_then_the_newest() -> None:
    lines = drawn(server_tables.clients(snapshot(20), 3, 100), 100)
    assert [line.split()[0] for line in lines[1:4]] == ["name13", "name6", "name19"]


def test_few_clients_need_no_count() -> None:
    lines = drawn(server_tables.clients(snapshot(2), 10, 100), 100)
    assert len(lines) == 3
    assert lines[1].split() == ["name1", "127.0.0.1:1", lines[1].split()[2], "1", "1.0", "KiB"]


def test_what_the_server_counts_is_called_what_it_is() -> None:
    """Receipts are counted too, and the server cannot tell them from messages."""
    for width in (60, 100):
        heading = drawn(server_tables.clients(snapshot(1), 10, width), width)[0]
        assert "envelopes" in heading
        assert "messages" not in heading


def test_transfers_show_how_far_they_are() -> None:
    lines = drawn(server_tables.transfers(snapshot(transfers=5), 2, 100), 100)
    assert len(lines) == 2 + server_tables.TABLE_ROWS
    assert lines[1].startswith("name/file4")
    assert "50%" in lines[1]
    assert "1,000 bytes" in lines[1]
    assert lines[-1] == "… 3 more uploads"


def test_an_upload_stands_beside_its_bar_on_a_wide_terminal() -> None:
    lines = drawn(server_tables.transfers(snapshot(transfers=1), 2, 200), 200)
    assert lines[1].index("━") == 34
    narrow = drawn(server_tables.transfers(snapshot(transfers=1, name="n" * 90), 2, 80), 80)
    assert len(narrow[1]) <= 80
    assert "━" in narrow[1]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_names_keep_to_their_cell(text: str) -> None:
    view = snapshot(1, 1, text)
    for table in (server_tables.clients(view, 5, 80), server_tables.transfers(view, 5, 80)):
        lines = drawn(table, 80)
        assert len(lines) == 2
        assert all(is_safe(character) for line in lines for character in line)
