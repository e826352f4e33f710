"""Own texts before they are sent leave in the order in which they were written."""

from hypothesis import given
from hypothesis import strategies as st

from rsachat.client.carried import Pending
from rsachat.client.send_queue import Letter, SendQueue
from rsachat.protocol.messages import Entry

BOB = Entry(b"\1" * 8, "bob", bytes(32), "10.0.0.1:1")
CAROL = Entry(b"\2" * 8, "carol", bytes(32), "10.0.0.2:1")


def enter(queue: SendQueue, who: str, text: str) -> Letter:
    return queue.enter(Pending(None, who, text, f"{who} {text}"), carried=False)


def taken(queue: SendQueue) -> list[str]:
    return [letter.own.text for letter, _ in queue.take()]


def test_a_letter_that_is_ready_waits_for_an_older_one_whoever_that_is_for() -> None:
    queue = SendQueue()
    one, two = enter(queue, BOB.address, "one"), enter(queue, "@bob", "two")
    queue.ready(two, (BOB,))
    assert taken(queue) == []
    queue.ready(one, (BOB,))
    assert queue.held == 2
    assert list(queue.take()) == [(one, (BOB,)), (two, (BOB,))]
    assert queue.held == 0


def test_what_is_dropped_holds_up_nobody() -> None:
    queue = SendQueue()
    one, two = enter(queue, "@eve", "one"), enter(queue, "@bob", "two")
    queue.ready(two, (BOB,))
    queue.drop(one)
    assert taken(queue) == ["two"]


def test_what_is_put_aside_holds_up_nobody_and_comes_back_to_its_place() -> None:
    queue = SendQueue()
    one, two, three = (enter(queue, "@bob", text) for text in ("one", "two", "three"))
    queue.put_aside(one)
    queue.ready(two, (BOB,))
    assert taken(queue) == ["two"]
    assert queue.some_aside
    assert queue.bring_back() == [one]
    assert not queue.some_aside
    queue.ready(three, (BOB,))
    assert taken(queue) == []
    queue.ready(one, (BOB,))
    assert taken(queue) == ["one", "three"]


def test_only_who_came_is_asked_for_again_by_name_or_address() -> None:
    queue = SendQueue()
    letters = [enter(queue, who, who) for who in ("@bob", "@carol", BOB.address, "@bobby")]
    for letter in letters:
        queue.put_aside(letter)
    assert queue.bring_back([BOB]) == [letters[0], letters[2]]
    assert queue.bring_back([CAROL]) == [letters[1]]
    assert queue.bring_back() == [letters[3]]


def test_what_was_ready_for_who_left_waits_again_at_its_place() -> None:
    queue = SendQueue()
    first, one, two, three = (enter(queue, "@bob", text) for text in ("", "one", "two", "three"))
    queue.ready(three, (BOB,))
    queue.ready(two, (CAROL,))
    queue.ready(one, (BOB, CAROL))
    assert queue.take_back(BOB.session) == [one, three]
    queue.drop(first)
    assert taken(queue) == []
    queue.ready(one, (CAROL,))
    assert taken(queue) == ["one", "two"]
    queue.ready(three, (CAROL,))
    assert taken(queue) == ["three"]


def test_what_was_not_sent_is_given_up_oldest_first() -> None:
    queue = SendQueue()
    letters = [enter(queue, "@bob", text) for text in "abcd"]
    queue.put_aside(letters[2])
    queue.ready(letters[3], (BOB,))
    queue.drop(letters[1])
    assert queue.held == 2
    assert [own.text for own in queue.give_up()] == ["a", "c", "d"]
    assert queue.held == 0
    assert queue.give_up() == []


@given(
    st.lists(
        st.tuples(st.sampled_from(["enter", "answer", "aside", "drop", "back"]), st.integers(0))
    )
)
def test_what_leaves_in_one_stretch_of_waiting_is_in_order(steps: list[tuple[str, int]]) -> None:
    """Nothing younger leaves before what waits, and nothing is lost or sent twice."""
    queue = SendQueue()
    waiting, aside, sent, dropped = list[Letter](), list[Letter](), list[Letter](), 0
    for step, number in steps:
        if step == "enter":
            waiting.append(enter(queue, "@bob", str(number)))
        elif step == "back":
            back = queue.bring_back()
            assert sorted(letter.place for letter in aside) == [letter.place for letter in back]
            waiting, aside = waiting + back, []
        elif waiting:
            letter = waiting.pop(number % len(waiting))
            if step == "answer":
                queue.ready(letter, (BOB,))
            elif step == "aside":
                queue.put_aside(letter)
                aside.append(letter)
            else:
                queue.drop(letter)
                dropped += 1
        now = [letter for letter, _ in queue.take()]
        assert [letter.place for letter in now] == sorted(letter.place for letter in now)
        assert all(letter.place < older.place for letter in now for older in waiting)
        sent += now
    assert len(set(sent)) == len(sent)
    given_up = queue.give_up()
    assert {letter.own for letter in (*waiting, *aside)} <= set(given_up)
    assert len(sent) + len(given_up) + dropped == sum(step == "enter" for step, _ in steps)
