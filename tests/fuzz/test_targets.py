"""Each target over its corpus and some hundred mutations: a short run of what `make fuzz` does."""

import pytest

from tests.fuzz import inputs
from tests.fuzz.child import LONGEST
from tests.fuzz.mutate import Mutator

MUTATIONS = 150
SEED = 20_261_125
KEPT_BYTES = 300_000
NAMES = inputs.names()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_breaks_it(name: str) -> None:
    target, known = inputs.target(name), inputs.first_inputs(name)
    mutator = Mutator(known, SEED, LONGEST)
    for data in [b"", *known, *(mutator.next() for _ in range(MUTATIONS))]:
        try:
            target(data)
        except Exception:
            print(f"{name} is broken by bytes.fromhex({data.hex()!r})")
            raise


def test_the_corpus_stays_small() -> None:
    sizes = [path.stat().st_size for path in inputs.CORPUS.rglob("*") if path.is_file()]
    assert sum(sizes) < KEPT_BYTES
    assert max(sizes) <= LONGEST


def test_each_folder_of_the_corpus_has_its_target() -> None:
    assert {path.name for path in inputs.CORPUS.iterdir()} <= set(NAMES)
