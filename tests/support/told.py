"""A pytest plugin that says at the end what passing tests have printed: seeds and counts.

A long transcript, which is there for a failure, is told by its first and last line.
"""

import pytest

WHOLE = 12  # lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in terminalreporter.stats.get("passed", []):
        lines = report.capstdout.splitlines()
        if lines:
            terminalreporter.section(report.nodeid, sep="-")
            for line in shortened(lines):
                terminalreporter.line(line)


def shortened(lines: list[str]) -> list[str]:
    if len(lines) <= WHOLE:
        return lines
    return [lines[0], f"... {len(lines) - 2:,} lines ...", lines[-1]]
