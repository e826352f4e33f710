"""The order of what the client's screen shows."""

from datetime import UTC

from rsachat.client import views
from rsachat.ui.feed import HOLD, Feed
from rsachat.ui.words import Wording
from tests.support.ui import ALICE, MOMENT, message, own


def lines(feed: Feed, *batch: views.View, now: float = 0.0) -> list[str]:
    """What the feed shows, without the times."""
    return [line.plain.removeprefix("09:51:57 ") for line in feed.lines(batch, now, MOMENT)]


def feed() -> Feed:
    return Feed(Wording(UTC))


def test_ones_own_message_is_shown_once_delivered() -> None:
    some = feed()
    assert lines(some, own("hi"), views.Sent(own("hi").id)) == []
    assert some.waiting[0].view == own("hi")
    assert lines(some, views.Delivered(own("hi").id, 1, 1)) == ["you → @bob: hi  delivered"]
    assert some.waiting == ()


def test_an_answer_never_stands_above_the_question() -> None:
    some = feed()
    assert lines(some, own("hi"), message("hello")) == [
        "you → @bob: hi  sending…",
        f"alice {ALICE}: hello",
    ]
    assert lines(some, views.Delivered(own("hi").id, 1, 1)) == ["delivered (@bob: hi)"]


def test_news_that_comes_with_an_answer_still_finds_its_message() -> None:
    some = feed()
    lines(some, own("hi"))
    batch = (message("hello"), views.Sent(own("hi").id), views.Delivered(own("hi").id, 1, 1))
    assert lines(some, *batch) == ["you → @bob: hi  delivered", f"alice {ALICE}: hello"]


def test_a_message_without_news_is_shown_after_a_while() -> None:
    some = feed()
    lines(some, own("hi"), now=5.0)
    assert lines(some, now=5.0 + HOLD / 2) == []
    assert lines(some, now=5.0 + HOLD) == ["you → @bob: hi  sending…"]


def test_the_end_shows_what_still_waits() -> None:
    some = feed()
    lines(some, own("one", 1), own("two", 2))
    assert [line.plain for line in some.rest(MOMENT)] == [
        "09:51:57 you → @bob: one  sending…",
        "09:51:57 you → @bob: two  sending…",
    ]


def test_a_line_that_was_not_sent_is_given_back() -> None:
    some = feed()
    assert lines(some, views.Rejected("@x y", "nobody is called x")) == [
        "not sent: nobody is called x"
    ]
    assert some.take_back() == "@x y"
    assert some.take_back() is None
    assert some.untaken(whole=True) == []


def test_lines_that_nobody_took_back_are_shown_in_full() -> None:
    some = feed()
    lines(some, *(views.Rejected(f"@x {'y' * 100} {i}", "why") for i in range(3)))
    assert some.take_back() == f"@x {'y' * 100} 2"
    assert [line.plain for line in some.untaken(whole=True)] == [
        f"the text: @x {'y' * 100} {i}" for i in range(2)
    ]
    assert some.untaken(whole=True) == []


def test_another_connection_tells_only_what_is_new() -> None:
    some = feed()
    connected = views.Connected(ALICE, "s:1", "abcd", 2, "me")
    assert len(lines(some, connected)) == 4
    lost = [views.Reconnecting("the connection was lost", 1.2, i) for i in (1, 2, 3)]
    assert lines(some, *lost) == ["the connection was lost; trying again in 1s"]
    assert lines(some, connected) == [
        "connected again to s:1",
        f"clients: 2; others write to you as {ALICE}/text now",
    ]


def test_a_message_that_says_ones_name_is_marked() -> None:
    some = feed()
    lines(some, views.Connected(ALICE, "s:1", "abcd", 2, "zoe-1"))
    assert lines(some, message("hi Zoe-1!"), message("hi zoe-12, azoe-1, zoe")) == [
        f"alice » {ALICE}: hi Zoe-1!",
        f"alice {ALICE}: hi zoe-12, azoe-1, zoe",
    ]


def test_a_text_that_could_not_be_delivered_at_once_is_given_back_as_it_was_typed() -> None:
    for to, line in (("@bob", "@bob hi"), (ALICE, f"{ALICE}/hi")):
        some = feed()
        view = own("hi", to=to)
        lines(some, view, views.Undelivered(view.id, to, "hi", "gone"))
        assert some.take_back() == line
        assert some.untaken(whole=True) == []


def test_a_text_that_failed_later_does_not_disturb() -> None:
    some = feed()
    lines(some, own("hi"), message("x"))
    shown = lines(some, views.Undelivered(own("hi").id, "@bob", "hi", "gone"))
    assert shown == ["not delivered: gone (@bob: hi)"]
    assert some.take_back() is None


def test_a_few_joins_are_named_and_many_are_counted() -> None:
    few = [views.Joined(f"n{i}", ALICE, i) for i in range(3)]
    assert len(lines(feed(), *few)) == 3
    many = [views.Joined(f"n{i}", ALICE, i) for i in range(10)]
    assert lines(feed(), *many) == ["10 joined (clients: 9)"]
    assert lines(feed(), *many, views.Left("n1", ALICE, 9), views.Count(700)) == [
        "10 joined, 1 left (clients: 700)"
    ]
    assert lines(feed(), *(views.Left("x", ALICE, 2) for _ in range(4))) == ["4 left (clients: 2)"]


def test_joins_do_not_pass_messages() -> None:
    many = [views.Joined(f"n{i}", ALICE, i) for i in range(10)]
    assert lines(feed(), *many, message("x"), *many) == [
        "10 joined (clients: 9)",
        f"alice {ALICE}: x",
        "10 joined (clients: 9)",
    ]


def test_a_mere_count_says_nothing() -> None:
    assert lines(feed(), views.Count(700)) == []
