"""What each shell's script brings to look names up; test_completion.py runs it in the shells."""

import re

import pytest

from rsachat.commands.completion_names import LOOK_UP
from rsachat.commands.completion_words import NAMES


@pytest.mark.parametrize("shell", LOOK_UP)
def test_every_kind_of_name_is_looked_up(shell: str) -> None:
    cases = set(re.findall(r"^ +(?:case )?([a-z]+)(?:\)| pin$|$)", LOOK_UP[shell], re.MULTILINE))
    assert {kind.name.lower() for kind in NAMES} - {"pin"} <= cases
    assert "pin" in LOOK_UP[shell]


@pytest.mark.parametrize("shell", LOOK_UP)
def test_nothing_of_a_folder_is_run(shell: str) -> None:
    assert not re.search(r"\b(eval|compgen -W|source)\b", LOOK_UP[shell])
