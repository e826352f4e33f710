"""One deadline for each key: the earliest that was wished since it was last looked at."""

from hypothesis import given
from hypothesis import strategies as st

from rsachat.server.deadlines import Deadlines


def test_the_earliest_wish_counts() -> None:
    deadlines = Deadlines()
    deadlines.wish(1, 5.0)
    deadlines.wish(1, 7.0)
    deadlines.wish(1, 3.0)
    deadlines.wish(2, 4.0)
    assert deadlines.next() == 3.0
    assert deadlines.due(2.9) == []
    assert deadlines.due(4.0) == [1, 2]
    assert deadlines.next() is None
    assert deadlines.due(9.0) == []


def test_who_is_forgotten_is_never_due() -> None:
    deadlines = Deadlines()
    deadlines.wish(1, 3.0)
    deadlines.forget(1)
    assert deadlines.next() is None
    deadlines.wish(1, 4.0)
    assert deadlines.due(10.0) == [1]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wish"), st.integers(0, 4), st.integers(0, 50)),
        st.tuples(st.just("forget"), st.integers(0, 4), st.just(0)),
        st.tuples(st.just("due"), st.integers(0, 50), st.just(0)),
    ),
    max_size=80,
)


@given(STEPS)
def test_it_does_what_a_plain_dictionary_would(steps: list[tuple[str, int, int]]) -> None:
    deadlines, model = Deadlines(), dict[int, int]()
    for step, key, when in steps:
        if step == "wish":
            deadlines.wish(key, when)
            model[key] = min(model.get(key, when), when)
        elif step == "forget":
            deadlines.forget(key)
            model.pop(key, None)
        else:
            due = {k for k, at in model.items() if at <= key}
            found = deadlines.due(key)
            assert sorted(found) == sorted(due)
            model = {k: at for k, at in model.items() if k not in due}
        assert deadlines.next() == min(model.values(), default=None)
