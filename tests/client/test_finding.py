"""WHO becomes sessions by one question at a time, and its answer is believed for a moment."""

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from rsachat.client.finding import Answer, Finding
from rsachat.protocol.codes import FindBy
from rsachat.protocol.messages import Entry, Find
from rsachat.settings import ChatLimits

BOB = (Entry(b"\1" * 8, "bob", bytes(32), "10.0.0.1:1"),)


OWN = b"\7" * 8


def finding() -> Finding[str]:
    refs = count(1)
    return Finding(OWN, ChatLimits(), lambda: next(refs))


def test_a_name_and_an_address_are_asked_for_as_such() -> None:
    find = finding()
    assert find.find("@bob", "a", 0.0) == Find(1, FindBy.NAME, "bob")
    assert find.find("10.0.0.1:1", "b", 0.0) == Find(2, FindBy.ADDRESS, "10.0.0.1:1")
    assert find.waiting == 2


def test_what_is_asked_for_meanwhile_waits_for_the_same_answer() -> None:
    find = finding()
    find.find("@bob", "a", 0.0)
    assert find.find("@bob", "b", 1.0) is None
    assert find.found(1, BOB, 2.0) == Answer("@bob", BOB, ("a", "b"))
    assert find.waiting == 0


def test_an_answer_is_believed_for_five_seconds_or_until_somebody_comes_or_goes() -> None:
    find = finding()
    find.find("@bob", "a", 0.0)
    find.found(1, BOB, 1.0)
    assert find.find("@bob", "b", 5.9) == Answer("@bob", BOB, ("b",))
    assert find.find("@bob", "c", 6.0) == Find(2, FindBy.NAME, "bob")
    find.found(2, BOB, 6.0)
    find.forget()
    assert find.find("@bob", "d", 6.1) == Find(3, FindBy.NAME, "bob")


def test_a_session_that_was_not_asked_for_is_no_answer() -> None:
    """Else the server could have a text for bob read by anybody whose key is pinned."""
    eve = Entry(b"\2" * 8, "eve", bytes(32), "10.0.0.2:1")
    find = finding()
    find.find("@bob", "a", 0.0)
    assert find.found(1, (eve, *BOB), 0.0) == Answer("@bob", BOB, ("a",))
    find.find("10.0.0.1:1", "b", 0.0)
    assert find.found(2, (eve,), 0.0) == Answer("10.0.0.1:1", (), ("b",))


def test_nobody_is_an_answer_too_but_for_one_time_only() -> None:
    find = finding()
    find.find("@bob", "a", 0.0)
    assert find.found(1, (), 0.0) == Answer("@bob", (), ("a",))
    assert find.find("@bob", "b", 0.1) == Find(2, FindBy.NAME, "bob")


def test_only_oneself_is_nobody() -> None:
    """Another session of one's own may come unseen as well."""
    own = (Entry(OWN, "bob", bytes(32), "10.0.0.7:1"),)
    find = finding()
    find.find("@bob", "a", 0.0)
    assert find.found(1, own, 0.0) == Answer("@bob", own, ("a",))
    assert find.find("@bob", "b", 0.1) == Find(2, FindBy.NAME, "bob")


def test_after_ten_seconds_without_an_answer_there_is_none() -> None:
    find = finding()
    find.find("@bob", "a", 0.0)
    assert find.next_deadline() == 10.0
    assert find.tick(9.9) == []
    assert find.tick(10.0) == [Answer("@bob", None, ("a",))]
    assert find.next_deadline() is None
    assert find.found(1, BOB, 10.1) is None


def test_answers_to_no_question_are_ignored() -> None:
    assert finding().found(1, BOB, 0.0) is None


def test_what_waits_at_the_end_is_given_back() -> None:
    find = finding()
    find.find("@bob", "a", 0.0)
    find.find("@eve", "b", 0.0)
    find.find("@bob", "c", 0.0)
    assert find.give_up() == ["a", "c", "b"]
    assert find.waiting == 0
    assert find.give_up() == []


STEPS = st.lists(
    st.tuples(st.sampled_from(["find", "found", "forget", "pass"]), st.integers(0, 2)), max_size=40
)


@given(STEPS)
def test_every_item_comes_back_exactly_once(steps: list[tuple[str, int]]) -> None:
    find, now, item, back = finding(), 0.0, 0, list[str]()
    open_refs: list[int] = []
    for step, number in steps:
        answers: list[Answer[str]] = []
        if step == "find":
            said = find.find(f"@{number}", str(item), now)
            item += 1
            if isinstance(said, Find):
                open_refs.append(said.ref)
            elif said is not None:
                answers.append(said)
        elif step == "found" and open_refs:
            answer = find.found(open_refs.pop(number % len(open_refs)), BOB, now)
            answers += [] if answer is None else [answer]
        elif step == "forget":
            find.forget()
        else:
            now += number * 4
            answers += find.tick(now)
        back += [waited for answer in answers for waited in answer.waiting]
    back += find.give_up()
    assert sorted(back, key=int) == [str(number) for number in range(item)]
