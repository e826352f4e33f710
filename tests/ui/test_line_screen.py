"""The client in a pipe: what goes to stdout, what to stderr."""

import json
from datetime import UTC

import pytest

from rsachat.client import views
from rsachat.ui.line_screen import JsonScreen, LineScreen
from rsachat.ui.line_writer import LineWriter
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import ALICE, MOMENT, Sink, all_views, message, own


def shown(*some: views.View, quiet: bool = False, as_json: bool = False) -> tuple[str, str]:
    """What the views wrote to stdout and to stderr."""
    out, err = Sink(), Sink()
    kind = JsonScreen if as_json else LineScreen
    screen = kind(
        LineWriter(out.fd), LineWriter(err.fd), wall_ms=lambda: MOMENT, zone=UTC, quiet=quiet
    )
    for view in some:
        screen.show(view)
    return out.text(), err.text()


def test_messages_are_results_and_the_rest_is_said_about_them() -> None:
    out, err = shown(message("Hello World"), views.Joined("bob", ALICE, 2))
    assert out == f"09:51:57 alice {ALICE}: Hello World\n"
    assert err == f"09:51:57 bob {ALICE} joined (clients: 2)\n"


def test_ones_own_text_is_not_repeated_but_its_last_state_is_told() -> None:
    view = own("Hello\nthere")
    out, err = shown(view, views.Sent(view.id), views.Delivered(view.id, 1, 1))
    assert out == ""
    assert err == "09:51:57 delivered (@bob: Hello…)\n"


def test_what_did_not_arrive_is_named() -> None:
    view = own("Hello")
    out, err = shown(view, views.Undelivered(view.id, "@bob", "Hello", "bob has gone"))
    assert (out, err) == ("", "09:51:57 not delivered: bob has gone (@bob: Hello)\n")


def test_quiet_keeps_messages_and_trouble() -> None:
    out, err = shown(
        message("x"),
        views.Connected(ALICE, "s", "f", 1, "me"),
        views.Joined("bob", ALICE, 2),
        views.System("hm"),
        views.Held("hm"),
        views.Reconnecting("the connection was lost", 4.0, 2),
        views.Warned("look"),
        views.Rejected("x", "why"),
        views.Undelivered("1", "@bob", "x", "gone"),
        views.Closed("server closed the chat", True),
        quiet=True,
    )
    assert out.count("\n") == 1
    assert err.splitlines() == [
        "the connection was lost; trying again in 4s",
        "warning: look",
        "not sent: why",
        "the text: x",
        "09:51:57 not delivered: gone (@bob: x)",
    ]


def test_json_has_the_events_and_stderr_what_only_a_person_needs() -> None:
    view = own("Hello")
    out, err = shown(
        view,
        views.Sent(view.id),
        views.Delivered(view.id, 1, 1),
        views.System("to bob (new)"),
        views.Closed("bye", True),
        as_json=True,
    )
    assert [json.loads(line)["event"] for line in out.splitlines()] == [
        "sent", "delivered", "closed",
    ]  # fmt: skip
    assert err == "to bob (new)\n"


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_reaches_neither_stream(text: str, as_json: bool) -> None:
    out, err = shown(*all_views(text), as_json=as_json)
    for line in (out + err).splitlines():
        assert all(is_safe(character) or character in "\u200c\u200d" for character in line)
