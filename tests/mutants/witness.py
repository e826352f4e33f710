"""A pytest plugin that writes down how tests failed; `make mutants` runs its pytest with it.

It imports the patched modules before anything is collected, so that a patch that does not even
import is told apart from one that a test has caught.
"""

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_failures: list[dict[str, str]] = []
_red: set[str] = set()


def pytest_configure(config: pytest.Config) -> None:
    for name in os.environ["MUTANT_MODULES"].split():
        module = importlib.import_module(name)
        assert Path(str(module.__file__)).is_relative_to(Path.cwd()), "not the patched copy"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """One case that is red is enough."""
    if _function(item) in _red:
        pytest.skip("it is red already")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.excinfo is not None and not call.excinfo.errisinstance(pytest.skip.Exception):
        _red.add(_function(item))
        _failures.append(
            {
                "test": item.nodeid,
                "phase": call.when,
                "error": call.excinfo.typename,
                "text": str(call.excinfo.value).partition("\n")[0],
                "by_itself": str(_is_own_assertion(item, call.excinfo)),
            }
        )
    return report


def pytest_sessionfinish() -> None:
    Path(os.environ["MUTANT_REPORT"]).write_text(json.dumps(_failures), encoding="utf-8")


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _is_own_assertion(item: pytest.Item, error: pytest.ExceptionInfo[BaseException]) -> bool:
    """An `assert` of the test's own module, or its `pytest.raises` that saw nothing raised."""
    if isinstance(error.value, pytest.fail.Exception):
        return str(error.value).startswith("DID NOT RAISE")
    return isinstance(error.value, AssertionError) and error.traceback[-1].path == item.path
