"""`rsachat --version -v` names the engine that runs, and what may be wrong with the choice."""

from pathlib import Path

import pytest

from rsachat import __version__
from rsachat.crypto.engine import VARIABLE
from tests.support import engines
from tests.support.transcript import rsachat


@pytest.mark.parametrize("name", engines.NAMES)
def test_it_names_the_engine_and_its_versions(name: str, tmp_path: Path) -> None:
    versions = engines.engine_named(name).versions()
    outcome = rsachat(tmp_path, "--version", "-v", env={VARIABLE: name})
    first, second, third = outcome.stdout.splitlines()
    assert first == f"rsachat {__version__}"
    assert second.startswith("Python 3.")
    assert third == f"RSA engine: {name} ({versions})"
    assert (outcome.stderr, outcome.code) == ("", 0)


def test_an_engine_that_does_not_exist_is_wrong_usage(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "--version", "-v", env={VARIABLE: "abacus"})
    assert outcome.code == 2
    assert outcome.stderr == (
        "rsachat: no RSA engine 'abacus'\nhint: RSACHAT_ENGINE may be openssl or pycryptodome\n"
    )


def test_a_command_that_needs_no_key_does_not_ask_for_an_engine(tmp_path: Path) -> None:
    assert rsachat(tmp_path, "--version", env={VARIABLE: "abacus"}).code == 0
    assert rsachat(tmp_path, "server", "--help", env={VARIABLE: "abacus"}).code == 0
