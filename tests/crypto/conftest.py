"""What the tests of cryptography share: each engine, one after the other."""

from collections.abc import Iterator

import pytest

from rsachat.crypto.engine import Engine
from tests.support import engines


@pytest.fixture(scope="module", params=engines.NAMES)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """The chosen engine while a test runs."""
    with engines.running(request.param) as found:
        yield found
