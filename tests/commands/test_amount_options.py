"""Option values that are amounts, and the sentence for those that are none."""

import argparse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.commands.amount_options import count, file_mode, size, size_word


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("17", 17),
        ("17b", 17),
        ("1KiB", 1024),
        ("64MiB", 64 << 20),
        ("64 mib", 64 << 20),
        (" 4GiB ", 4 << 30),
        ("2TiB", 2 << 40),
    ],
)
def test_sizes(text: str, expected: int) -> None:
    assert size(text) == expected


@given(st.integers(0, 1 << 45))
def test_a_size_as_a_word_is_the_same_size(amount: int) -> None:
    assert size(size_word(amount)) == amount


def test_a_size_as_a_word_is_short() -> None:
    words = [size_word(amount) for amount in (0, 1000, 1024, 64 << 20, 4 << 30, 2 << 40)]
    assert words == ["0", "1000", "1KiB", "64MiB", "4GiB", "2TiB"]


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        *(
            (size, text)
            for text in ("", "MiB", "-1", "1.5GiB", "1MB", "4 G", "١", "1" * 16, "1\n2")
        ),
        *((count, text) for text in ("", "0", "-1", "1.0", "x", "²", "1" * 10)),
        *((file_mode, text) for text in ("", "0888", "0700", "0611", "0400", "1600", "-600", "x")),
    ],
)
def test_what_is_no_amount_is_named(parse: Callable[[str], int], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as raised:
        parse(text)
    assert f"'{text}'" in str(raised.value)


@given(st.integers(1, 999_999_999))
def test_counts(number: int) -> None:
    assert count(str(number)) == number


@pytest.mark.parametrize(("text", "mode"), [("0600", 0o600), ("640", 0o640), ("0664", 0o664)])
def test_modes_are_octal_and_never_executable(text: str, mode: int) -> None:
    assert file_mode(text) == mode
