"""How views read."""

from datetime import UTC

import pytest

from rsachat.client import views
from rsachat.client.lines import COMMANDS
from rsachat.ui import words
from rsachat.ui.words import MARK, Wording
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import ALICE, MOMENT, all_views, message, own

WORDS = Wording(UTC)


def plain(view: views.View, wording: Wording = WORDS) -> list[str]:
    return [line.plain for line in wording.lines(view, MOMENT)]


def test_a_message_reads_as_documented() -> None:
    (line,) = WORDS.lines(message("Hello World"), 0)
    assert line.plain == "09:51:57 alice 127.0.0.1:50412: Hello World"
    assert line.result


def test_further_lines_are_marked_and_cannot_imitate_a_speaker() -> None:
    lines = WORDS.lines(message("hi\n09:51:57 bob 1.1.1.1:1: forged\r\n"), 0)
    assert [line.plain for line in lines] == [
        "09:51:57 alice 127.0.0.1:50412: hi",
        f"{MARK}09:51:57 bob 1.1.1.1:1: forged",
        MARK,
    ]
    assert all(line.result for line in lines)


def test_a_message_of_very_many_lines_does_not_scroll_the_rest_away() -> None:
    few = Wording(UTC, most_lines=3)
    assert len(plain(message("a\nb\nc"), few)) == 3
    assert plain(message("a\nb\r\nc\nd\ne"), few)[2:] == [
        f"{MARK}c",
        f"{MARK}… 2 more lines not shown",
    ]
    assert len(plain(message("\n" * 60_000), few)) == 4


def test_a_text_that_nobody_can_send_any_more_is_shown_in_full() -> None:
    few, text = Wording(UTC, most_lines=3), "\n".join(map(str, range(1_000)))
    assert len(few.unsent(text, whole=False)) == 4
    lines = few.unsent(text, whole=True)
    assert [line.plain for line in (lines[0], lines[-1])] == ["the text: 0", f"{MARK}999"]
    assert len(lines) == 1_000


@pytest.mark.parametrize(("trust", "mark"), [("new", "?"), ("pinned", "•"), ("verified", "✓")])
def test_the_screen_shows_trust_beside_the_name(trust: str, mark: str) -> None:
    view = message("x", trust=views.Trust(trust))
    assert plain(view, Wording(UTC, marks=True)) == [f"09:51:57 alice {mark} {ALICE}: x"]


@pytest.mark.parametrize(
    ("view", "lines"),
    [
        (
            views.Connected(ALICE, "127.0.0.1:8000", "ab-cd", 3, "bob"),
            [
                "connected to 127.0.0.1:8000",
                "fingerprint ab-cd",
                "you are bob here, others write to you as 127.0.0.1:50412/text",
                "clients: 3; to leave: quit, Ctrl+D or Ctrl+C; /help for more",
            ],
        ),
        (views.Joined("bob", ALICE, 3), [f"09:51:57 bob {ALICE} joined (clients: 3)"]),
        (views.Left("bob", ALICE, 2), [f"09:51:57 bob {ALICE} left (clients: 2)"]),
        (views.Count(501), ["09:51:57 (clients: 501)"]),
        (views.Rejected("x", "nobody is there"), ["not sent: nobody is there"]),
        (views.Rejected("x", "no", "yes"), ["not sent: no", "hint: yes"]),
        (views.Closed("server closed the chat", True), ["server closed the chat"]),
        (views.Closed("the connection was lost", False), []),
        (views.System("a\nb"), ["a", f"{MARK}b"]),
        (views.Warned("check the clock"), ["warning: check the clock"]),
        (views.Chosen("@bob"), ["plain lines go to @bob now"]),
        (views.Chosen(""), ["nobody is chosen now"]),
        (views.Roster((), 0, asked=False), []),
        (own("x"), []),
        (views.Sent("1"), []),
        (
            views.Roster(
                (
                    views.RosterEntry("bob", "1.1.1.1:1", "f", views.Trust.VERIFIED),
                    views.RosterEntry("alice", ALICE, "f", views.Trust.PINNED, own=True),
                ),
                2,
                cut=True,
            ),
            [
                "clients: 2",
                "  bob    1.1.1.1:1  ✓ verified",
                "  alice  127.0.0.1:50412  you",
                "  … and more than the server lists",
            ],
        ),
        (
            views.Verification("bob", views.Trust.PINNED, "aa-bb", "ONE TWO", "cc-dd", "SIX TEN"),
            [
                "compare by voice what each of you sees:",
                "  you  aa-bb",
                "    ONE TWO",
                "  bob  cc-dd",
                "    SIX TEN",
                "  bob is • pinned",
            ],
        ),
    ],
)
def test_each_view_has_its_words(view: views.View, lines: list[str]) -> None:
    assert plain(view) == lines


def test_the_names_of_who_align_by_cells() -> None:
    entries = [
        views.RosterEntry(name, "1.1.1.1:1", "f", views.Trust.NEW) for name in ("漢字", "bobby")
    ]
    assert plain(views.Roster(tuple(entries), 2))[1:] == [
        "  漢字   1.1.1.1:1  ? new",
        "  bobby  1.1.1.1:1  ? new",
    ]


def test_only_messages_are_results() -> None:
    for view in all_views("x"):
        for line in WORDS.lines(view, MOMENT):
            assert line.result is isinstance(view, views.Message)


def test_help_lists_every_command() -> None:
    text = "\n".join(plain(views.Help()))
    assert all(command.name in text and command.help in text for command in COMMANDS)
    assert "IP:PORT/text" in text


def test_ones_own_message_ends_with_its_state() -> None:
    lines = WORDS.own_message(own("one\ntwo"), words.SENT)
    assert [line.plain for line in lines] == ["09:51:57 you → @bob: one", f"{MARK}two  sent"]
    assert not any(line.result for line in lines)


@pytest.mark.parametrize(
    ("delivered", "total", "text", "final"),
    [
        (1, 1, "delivered", True),
        (1, 3, "delivered to 1 of 3", False),
        (3, 3, "delivered to all 3", True),
    ],
)
def test_how_far_a_message_came(delivered: int, total: int, text: str, final: bool) -> None:
    state = words.delivered(views.Delivered("1", delivered, total))
    assert (state.text, state.final) == (text, final)


def test_a_recalled_message_is_known_by_its_head() -> None:
    state = words.undelivered(views.Undelivered("1", "@bob", "x", "gone"))
    line = WORDS.recalled("@bob", words.head_of("first line\nsecond"), state, MOMENT)
    assert line.plain == "09:51:57 not delivered: gone (@bob: first line…)"
    assert words.head_of("short") == "short"
    assert words.head_of("x" * 100) == "x" * 48 + "…"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_safe_in_every_view(text: str) -> None:
    for view in all_views(text):
        lines = plain(view, Wording(UTC, marks=True))
        if isinstance(view, views.OwnMessage):
            lines = [line.plain for line in WORDS.own_message(view, words.SENT)]
        if isinstance(view, views.Undelivered):
            state = words.undelivered(view)
            lines = [WORDS.recalled("@bob", words.head_of(view.text), state, 0).plain]
        assert all(is_safe(c) or c in "\u200c\u200d" for line in lines for c in line)
