"""Every hostile string through each output, on a real pseudo-terminal (S7 to S9).

The chat's screen has its own such test beside its others, in `tests/ui/test_prompt.py`.
"""

import re

import pytest

from tests.support.hostile import FORGED, OUR_SEQUENCES, is_safe
from tests.support.hostile_child import OUTPUTS
from tests.support.terminal import Terminal

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("output", OUTPUTS)
def test_no_output_passes_a_control_on_or_lets_a_line_be_forged(output: str) -> None:
    with Terminal(["tests/support/hostile_child.py", output], columns=100) as terminal:
        for asked in range(1, 4 if output == "questions" else 1):
            terminal.until(lambda asked=asked: terminal.raw.count(b"ANSWER") == asked)  # type: ignore[misc]
            terminal.type("\n")
        assert terminal.wait() == 0
        assert terminal.stty() == terminal.settings
    text = OUR_SEQUENCES.sub("", terminal.raw.decode())
    assert text.endswith("\r\nEND\r\n")
    assert {c for c in text if not is_safe(c) and c not in "\u200c\u200d"} <= set("\r\n")
    if output != "questions":  # whose own lines are many
        assert not [row for row in re.split("[\r\n]+", text) if row.startswith(FORGED)]
