"""The parts of the server's screen: header, clients, transfers. Each from one snapshot."""

import heapq
from collections.abc import Sequence
from typing import NamedTuple

from rsachat import amounts
from rsachat.protocol.safe_text import Clean, clean_name, join
from rsachat.server.notices import ClientRow, Snapshot, TransferRow
from rsachat.ui.cells import cells
from rsachat.ui.rows import Piece, Row, bar, fit, pieces

HEADER_ROWS = 4  # two lines of text, a rule on each side
TABLE_ROWS = 2  # of a table beyond its rows: headings, and "… more"
_ROOMY = 72  # cells in which all columns have a place
_NAME = 32  # cells: the longest name
_GAP: Piece = ("  ", "text")


class _Column(NamedTuple):
    heading: str
    width: int  # cells
    right: bool = False


def header(snapshot: Snapshot, width: int) -> list[Row]:
    """Where, how long, how many, and under which fingerprint."""
    rule: Row = [("─" * width, "label")]
    lines = (_first_line(snapshot, width), _second_line(snapshot, width))
    return [rule, *(fit(line, width) for line in lines), rule]


def _first_line(snapshot: Snapshot, width: int) -> Row:
    """In a narrow window the number of clients is the last to go, the engine the first."""
    up = amounts.duration((snapshot.now - snapshot.started) / 1000)
    title: Piece = ("rsachat server ", "heading")
    address: Piece = (snapshot.address, "name")
    count: Row = [("clients: ", "label"), (f"{snapshot.clients:,}", "value")]
    engine: Row = [("  RSA by ", "label"), (snapshot.engine, "value")] if snapshot.engine else []
    choices: list[Row] = [
        [title, address, (f"  up {up}  ", "label"), *count, *engine],
        [title, address, (f"  up {up}  ", "label"), *count],
        [address, (f"  up {up}  ", "label"), *count],
        [*count, _GAP, address],
    ]
    return _that_fits(choices, width)


def _second_line(snapshot: Snapshot, width: int) -> Row:
    """Whom it admits; fewer words for that where the whole fingerprint would not fit."""
    keys = [amounts.number(snapshot.authorized, noun) for noun in ("authorized key", "key")]
    admits = ["open to every key", "open"] if snapshot.open_to_all else keys
    style = "warning" if snapshot.open_to_all else "label"
    fingerprint: Row = [_GAP, (snapshot.fingerprint, "label")]
    return _that_fits([[(words, style), *fingerprint] for words in admits], width)


def _that_fits(choices: Sequence[Row], width: int) -> Row:
    """The first that fits, else the last."""
    return next((row for row in choices if sum(len(text) for text, _ in row) <= width), choices[-1])


def clients(snapshot: Snapshot, limit: int, width: int) -> list[Row]:
    """The busiest clients, the newest first among those that said nothing: `limit` of them."""
    roomy = width >= _ROOMY
    # Not "messages": the receipts that each one brings back are envelopes as well, and sealed.
    fixed = [_Column("envelopes", 10, right=True)]
    if roomy:
        fixed = [_Column("since", 8), *fixed, _Column("sent", 11, right=True)]
    chosen = heapq.nlargest(limit, snapshot.rows, key=_busy)
    room = width - sum(column.width + 2 for column in fixed) - 2
    address = min(max((len(row.address) for row in chosen), default=0), room * 2 // 3)
    name = min(_NAME, room - address)
    columns = [_Column("client", name), _Column("address", address), *fixed]
    rows = [_row(columns, _client(row, roomy)) for row in chosen]
    return _table(columns, rows, len(snapshot.rows) - limit, "client", width)


def transfers(snapshot: Snapshot, limit: int, width: int) -> list[Row]:
    """The newest transfers, with how far they are: `limit` of them."""
    roomy = width >= _ROOMY
    fixed = [_Column("", 16 if roomy else 8), _Column("", 4, right=True)]
    if roomy:
        fixed += [_Column("size", 11, right=True), _Column("left", 7, right=True)]
    chosen = heapq.nlargest(limit, snapshot.transfers, key=lambda row: row.started)
    room = width - sum(column.width + 2 for column in fixed)
    longest = max((cells(_file(row).plain) for row in chosen), default=0)
    columns = [_Column("upload", min(room, max(longest, _NAME))), *fixed]
    rows = [_row(columns, _transfer(row, snapshot.now, fixed[0].width)) for row in chosen]
    return _table(columns, rows, len(snapshot.transfers) - limit, "upload", width)


def _table(
    columns: Sequence[_Column], rows: list[Row], hidden: int, noun: str, width: int
) -> list[Row]:
    table = [_row(columns, [[(column.heading, "label")] for column in columns]), *rows]
    if hidden > 0:
        count = f"… {amounts.number(hidden, f'more {noun}')}"
        table.append(fit([(count, "label")], width))
    return table


def _row(columns: Sequence[_Column], cells: Sequence[Row]) -> Row:
    """As many of `cells` as there are columns, a gap between each two."""
    row: list[Piece] = []
    for column, cell in zip(columns, cells, strict=False):
        if row:
            row.append(_GAP)
        row.extend(fit(cell, column.width, right=column.right))
    return row


def _busy(row: ClientRow) -> tuple[int, int]:
    return row.messages, row.since


def _client(row: ClientRow, roomy: bool) -> list[Row]:
    name = pieces(clean_name(row.name), "name")
    address = pieces(clean_name(row.address), "address")
    messages = [(f"{row.messages:,}", "text")]
    if not roomy:
        return [name, address, messages]
    since = [(amounts.clock(row.since), "text")]
    return [name, address, since, messages, [(amounts.size(row.bytes), "text")]]


def _transfer(row: TransferRow, now: int, bar_width: int) -> list[Row]:
    share = row.done / row.total if row.total else 1.0
    seconds = (now - row.started) / 1000
    left = seconds * (row.total - row.done) / row.done if row.done else None
    return [
        pieces(_file(row), "name"),
        bar(share, bar_width),
        [(f"{share:.0%}", "value")],
        [(amounts.size(row.total), "text")],
        [("" if left is None else amounts.duration(left), "text")],
    ]


def _file(row: TransferRow) -> Clean:
    return join(clean_name(row.name), "/", clean_name(row.file))
