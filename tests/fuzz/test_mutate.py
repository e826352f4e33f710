"""Random mutations: repeatable, within their bound, and of every known input."""

from itertools import islice

from tests.fuzz.mutate import Mutator

KNOWN = [b"first input", b"second one", bytes(range(100))]


def drawn(seed: int, number: int = 300, longest: int = 64) -> list[bytes]:
    mutator = Mutator(KNOWN, seed, longest)
    return list(islice(iter(mutator.next, None), number))


def test_a_seed_repeats_its_inputs() -> None:
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)


def test_no_input_is_longer_than_asked_for() -> None:
    assert max(map(len, drawn(3))) == 64
    assert max(map(len, drawn(3, longest=5))) == 5


def test_few_inputs_come_twice() -> None:
    assert len(set(drawn(4))) > 200


def test_nothing_known_is_no_hindrance() -> None:
    mutator = Mutator([], 1, 64)
    assert any(mutator.next() for _ in range(20))
