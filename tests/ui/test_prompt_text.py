"""What stands around the line being typed."""

import pytest
from prompt_toolkit.formatted_text import fragment_list_to_text
from prompt_toolkit.utils import get_cwidth

from rsachat.client import views
from rsachat.ui import words
from rsachat.ui.own_lines import Shown
from rsachat.ui.prompt_text import Status, cut, prompt_message, status_row
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import ALICE, Clock, own


def test_the_prompt_shows_to_whom() -> None:
    assert fragment_list_to_text(prompt_message((), "", 80)) == "> "
    assert fragment_list_to_text(prompt_message((), "@bob", 80)) == "@bob> "


def test_messages_under_way_stand_above_it_the_newest_three() -> None:
    waiting = [Shown(own(f"text {i}\nmore", i), words.SENDING) for i in range(5)]
    text = fragment_list_to_text(prompt_message(waiting, "", 80))
    assert text.splitlines() == [
        *(f"you → @bob: text {i}…  sending…" for i in (2, 3, 4)),
        "> ",
    ]


def test_they_never_take_a_second_row() -> None:
    text = fragment_list_to_text(prompt_message([Shown(own("漢字" * 100), words.SENDING)], "", 40))
    assert get_cwidth(text.splitlines()[0]) < 40


def test_the_status_follows_the_views() -> None:
    status = Status(Clock())
    assert status.row(80) == "connecting…"
    status.see(views.Connected(ALICE, "127.0.0.1:8000", "f", 3, "me"))
    assert status.row(80) == f"server 127.0.0.1:8000 • · clients: 3 · you are me {ALICE}"
    status.see(views.Chosen("@bob"))
    status.see(views.Left("x", ALICE, 2))
    assert status.row(90).endswith(f"• · clients: 2 · to @bob · you are me {ALICE}")
    assert status.chosen == "@bob"
    assert len(status.row(20)) == 19
    status.see(views.Closed("bye", True))
    assert status.row(80) == "not connected · to @bob · you are me"


def test_the_pause_before_another_try_is_counted_down() -> None:
    clock = Clock()
    status = Status(clock)
    status.see(views.Connected(ALICE, "s:1", "f", 3, "me"))
    assert status.connected
    assert not status.counts_down
    status.see(views.Reconnecting("the connection was lost", 2.5, 1))
    seen = []
    for _ in range(4):
        seen.append(status.row(80).partition(" · ")[0])
        assert not status.connected
        assert status.counts_down
        clock.now += 0.8
    assert seen == [
        *(f"not connected, trying again in {left}s" for left in (3, 2, 1)),
        "not connected, trying again in 1s",
    ]
    assert status.row(80) == "connecting… · you are me"
    clock.now += 1
    assert not status.counts_down
    status.see(views.Connected(ALICE, "s:1", "f", 3, "me"))
    assert status.row(80).startswith("server s:1 • · clients: 3")


@pytest.mark.parametrize(
    ("text", "width", "result"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("漢字", 3, "漢…"),
        ("abc", 0, ""),
        ("漢字", 2, "…"),
        ("x" * 10**6, 2, "x…"),
    ],
)
def test_cutting(text: str, width: int, result: str) -> None:
    assert cut(text, width) == result


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_safe_there_too(text: str) -> None:
    state = words.undelivered(views.Undelivered("1", "@bob", text, text))
    status = Status(Clock())
    status.see(views.Connected(text, "s", "f", 1, text))
    fragments = [
        *prompt_message([Shown(own(text), state)], "", 200),
        ("", "\n"),
        *status_row(status, 200),
    ]
    for row in fragment_list_to_text(fragments).splitlines():
        assert all(is_safe(character) or character in "\u200c\u200d" for character in row)
