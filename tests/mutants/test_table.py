"""The table of mutants and the names of section 9 agree with each other and with the tree."""

import pytest

from tests.mutants import names
from tests.mutants.__main__ import verdict
from tests.mutants.finding import ROOT, files_of_tests, node_ids
from tests.mutants.mutant import Mutant, change
from tests.mutants.table import MUTANTS


def test_each_name_of_section_9_is_a_test() -> None:
    assert [name for name in names.ALL if f"test_{name}" not in files_of_tests()] == []


def test_no_name_stands_twice() -> None:
    assert len(set(names.ALL)) == len(names.ALL)


def test_each_name_has_its_mutant_and_no_mutant_another_name() -> None:
    assert {mutant.name for mutant in MUTANTS} >= set(names.ALL)
    assert {mutant.name for mutant in MUTANTS} <= set(names.ALL)
    assert all(mutant.test.startswith(mutant.name) for mutant in MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.test)
def test_a_mutant_applies_and_compiles(mutant: Mutant) -> None:
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in mutant.files}
    for name, text in mutant.apply(texts).items():
        assert text != texts[name]
        compile(text, name, "exec")
    assert node_ids(mutant.test)


def test_a_change_applies_once_or_not_at_all() -> None:
    mutant = Mutant("x", "a check", (change("y", "a", "b"),))
    assert mutant.apply({"rsachat/y.py": "-a-"}) == {"rsachat/y.py": "-b-"}
    for text in ("--", "a-a"):
        with pytest.raises(ValueError, match="not once"):
            mutant.apply({"rsachat/y.py": text})


def test_only_an_own_assertion_counts() -> None:
    red = {"phase": "call", "error": "AssertionError", "text": "", "by_itself": "True"}
    red["test"] = "tests/test_x.py::test_a[case]"
    nodes = ["tests/test_x.py::test_a"]
    assert verdict(1, [red], nodes) == ""
    assert "green" in verdict(0, [], nodes)
    assert "ended with 2" in verdict(2, [], nodes)
    assert "ended with 1" in verdict(1, [], nodes)
    assert "not by an assertion" in verdict(1, [red | {"by_itself": "False"}], nodes)
    assert "not by an assertion" in verdict(1, [red | {"phase": "setup"}], nodes)


def test_a_name_in_two_files_has_to_go_red_in_both() -> None:
    red = {"phase": "call", "error": "AssertionError", "text": "", "by_itself": "True"}
    red["test"] = "tests/test_x.py::test_a"
    nodes = ["tests/test_x.py::test_a", "tests/test_y.py::test_a"]
    assert verdict(1, [red], nodes) == "tests/test_y.py::test_a stays green"
    assert verdict(1, [red, red | {"test": nodes[1]}], nodes) == ""
