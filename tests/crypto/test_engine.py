"""The choice between the engines: named, or the faster one that is here; made once."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from rsachat.crypto import engine_pycryptodome
from rsachat.crypto.engine import VARIABLE, chosen
from rsachat.errors import UsageError
from tests.support import engines

OPENSSL = "rsachat.crypto.engine_openssl"


@pytest.fixture(autouse=True)
def fresh_choice(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody has asked yet, and no variable is set."""
    monkeypatch.delenv(VARIABLE, raising=False)
    chosen.cache_clear()
    yield
    chosen.cache_clear()


@pytest.fixture
def without_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "cryptography"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, OPENSSL, raising=False)
    monkeypatch.delattr(OPENSSL, raising=False)
    monkeypatch.setitem(sys.modules, "cryptography", None)


@pytest.mark.parametrize("name", engines.NAMES)
def test_a_named_engine_is_the_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = engines.engine_named(name)
    monkeypatch.setenv(VARIABLE, name)
    assert chosen() is expected
    assert name == expected.NAME


def test_the_faster_one_is_taken_where_it_is_installed() -> None:
    assert chosen() is engines.engine_named("openssl")


@pytest.mark.usefixtures("without_cryptography")
def test_without_cryptography_it_is_the_other_one() -> None:
    assert chosen() is engine_pycryptodome


@pytest.mark.usefixtures("without_cryptography")
def test_one_that_is_named_and_not_installed_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "openssl")
    with pytest.raises(UsageError, match="the RSA engine openssl is not here") as caught:
        chosen()
    assert "rsachat[fast]" in caught.value.hint


@pytest.mark.parametrize("name", ["OpenSSL", "fast", " "])
def test_one_that_does_not_exist_is_an_error(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, name)
    with pytest.raises(UsageError, match="no RSA engine") as caught:
        chosen()
    assert "openssl or pycryptodome" in caught.value.hint


def test_the_choice_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = chosen()
    monkeypatch.setenv(VARIABLE, "nonsense")
    assert chosen() is first


@pytest.mark.parametrize("name", engines.NAMES)
def test_its_versions_are_named(name: str) -> None:
    text = engines.engine_named(name).versions()
    assert text.split(" ")[0].lower() == name
    assert all(part.split(" ")[1][0].isdigit() for part in text.split(", "))
