"""Integration tests run real processes on loopback, each test in folders of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.program import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.clean_up()
