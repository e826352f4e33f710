"""The rule of names: a table of what is one, what is none, and who may have it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.names import MAX_NAME, NOT_CLIENTS, is_client_name, is_name


@pytest.mark.parametrize("text", ["a", "0", "alice", "a-b_c", "x" * MAX_NAME, "server", "all"])
def test_these_are_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    ["", "-a", "_a", "Alice", "a b", "a\n", "é", "а", "a/b", "..", "a.b", "x" * (MAX_NAME + 1)],
)
def test_these_are_none(text: str) -> None:
    assert not is_name(text)
    assert not is_client_name(text)


def test_some_names_are_never_a_clients() -> None:
    assert {"server", "all", "system"} == NOT_CLIENTS
    assert not any(map(is_client_name, NOT_CLIENTS))
    assert is_client_name("client")


@given(st.text(max_size=40))
def test_a_name_is_ascii_and_safe_in_a_path(text: str) -> None:
    if is_name(text):
        assert re.fullmatch(r"[a-z0-9_-]{1,32}", text)
        assert text[0] not in "-_"
