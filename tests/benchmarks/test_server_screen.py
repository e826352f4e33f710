"""The server's screen under a crowd: each notice is shown or counted, and it costs little."""

import re

import pytest

from benchmarks.server_screen import AIM, RATE, run_screen

SECONDS = 1.5


@pytest.mark.slow
def test_a_crowd_is_shown_exactly_and_cheaply() -> None:
    cpu, written = run_screen("live", SECONDS)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())
    shown = [int(number) for number in re.findall(r"connected n(\d+) ", text)]
    hidden = sum(int(number.replace(",", "")) for number in re.findall(r"… ([\d,]+) more\r", text))
    assert shown == sorted(set(shown))
    assert len(shown) + hidden == shown[-1] == RATE * SECONDS
    assert text.count("clients: 1,000") > SECONDS
    assert "… 971 more clients" in text
    assert cpu < SECONDS * AIM / 100 * 10
