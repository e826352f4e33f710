"""The same tests on each engine; one that is not installed is skipped, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from rsachat.crypto import engine, jobs
from rsachat.crypto.engine import Engine
from rsachat.errors import UsageError
from tests.support import keys

NAMES = sorted(engine.ALL)


def engine_named(name: str) -> Engine:
    """The engine; skips the test where it is not installed."""
    try:
        return engine.ALL[name]()
    except UsageError as error:
        pytest.skip(f"{error}: {error.why}")


@contextmanager
def running(name: str) -> Iterator[Engine]:
    """This engine is the chosen one, for the fixed keys too."""
    found = engine_named(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(engine.VARIABLE, name)
        for key in map(keys.private, keys.NAMES):
            patch.setattr(key, "_operations", found.private(key._key))
            patch.setattr(key.public, "_operations", found.public(key.public._key))
        _forget()
        yield found
    _forget()


def _forget() -> None:
    """What holds on to the engine that was chosen before."""
    engine.chosen.cache_clear()
    jobs._public.cache_clear()
