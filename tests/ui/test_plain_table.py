"""Tables as aligned columns."""

from rsachat.ui.plain_table import Column, table_lines


def test_columns_are_aligned_by_cells() -> None:
    columns = (Column("name"), Column("bits", right=True), Column("file"))
    assert table_lines(columns, [("alice", "3072", "a.pem"), ("漢字e\u0301", "4", "b")]) == [
        "name   bits  file",
        "alice  3072  a.pem",
        "漢字e\u0301     4  b",
    ]


def test_a_table_without_rows_has_its_headings() -> None:
    assert table_lines((Column("name"), Column("file")), []) == ["name  file"]


def test_cells_are_one_line_and_safe() -> None:
    assert table_lines((Column("n"),), [("a\n\x1b[2J",)]) == ["n", "a\\n\\e[2J"]
