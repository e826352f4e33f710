"""When one's own messages and their states are shown."""

from rsachat.client import views
from rsachat.ui import words
from rsachat.ui.own_lines import OwnLines, Recalled, Shown
from tests.support.ui import own

ONE, TWO, THREE = own("first", 1), own("second", 2), own("third", 3)


def delivered(view: views.OwnMessage, number: int = 1, total: int = 1) -> views.Delivered:
    return views.Delivered(view.id, number, total)


def undelivered(view: views.OwnMessage) -> views.Undelivered:
    return views.Undelivered(view.id, view.to, view.text, "gone")


def test_a_message_is_shown_once_with_its_last_state() -> None:
    lines = OwnLines()
    lines.add(ONE, 0.0)
    assert lines.waiting == (Shown(ONE, words.SENDING),)
    assert lines.change(views.Sent(ONE.id)) == []
    assert lines.waiting == (Shown(ONE, words.SENT),)
    assert lines.change(delivered(ONE)) == [Shown(ONE, words.delivered(delivered(ONE)))]
    assert not lines.waiting
    assert lines.change(delivered(ONE)) == []


def test_a_message_without_news_is_shown_after_a_while_and_recalled_later() -> None:
    lines = OwnLines()
    lines.add(ONE, 10.0)
    assert lines.settle(11.9, 2.0) == []
    assert lines.settle(12.0, 2.0) == [Shown(ONE, words.SENDING)]
    assert lines.change(views.Sent(ONE.id)) == []
    state = words.undelivered(undelivered(ONE))
    assert lines.change(undelivered(ONE)) == [Recalled("@bob", "first", state)]
    assert lines.change(delivered(ONE)) == []


def test_a_message_delivered_early_waits_for_none_and_pushes_those_before_it() -> None:
    lines = OwnLines()
    for view in (ONE, TWO, THREE):
        lines.add(view, 0.0)
    assert lines.change(delivered(TWO)) == [
        Shown(ONE, words.SENDING),
        Shown(TWO, words.delivered(delivered(TWO))),
    ]
    assert lines.change(delivered(ONE)) == [
        Recalled("@bob", "first", words.delivered(delivered(ONE)))
    ]
    assert lines.settle_all() == [Shown(THREE, words.SENDING)]


def test_parts_of_a_delivery_are_no_last_state() -> None:
    lines = OwnLines()
    lines.add(ONE, 0.0)
    assert lines.change(delivered(ONE, 1, 3)) == []
    assert lines.waiting[0].state.text == "delivered to 1 of 3"
    lines.settle_all()
    assert lines.change(delivered(ONE, 2, 3)) == []
    (recalled,) = lines.change(delivered(ONE, 3, 3))
    assert recalled.state.text == "delivered to all 3"


def test_an_unknown_message_is_named_when_it_did_not_arrive() -> None:
    (output,) = OwnLines().change(undelivered(TWO))
    assert isinstance(output, Recalled)
    assert (output.to, output.head) == ("@bob", "second")


def test_what_is_remembered_is_bounded() -> None:
    lines = OwnLines()
    for number in range(1100):
        lines.add(own("x", number), 0.0)
    lines.settle_all()
    assert lines.change(views.Delivered(own("x", 0).id, 1, 1)) == []
    assert lines.change(views.Delivered(own("x", 1099).id, 1, 1)) != []
