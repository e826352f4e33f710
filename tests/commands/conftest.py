"""What tests of commands share: an empty place to work in, and keys that cost no time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rsachat.crypto import rsa
from rsachat.crypto.rsa import PrivateKey
from rsachat.ui import ask
from tests.support import keys


@pytest.fixture(autouse=True)
def passwords_cost_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a password costs to try is looked at in tests/crypto; here one is set many times."""
    monkeypatch.setattr(rsa, "KDF_ROUNDS", 1_000)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and home, nobody at the terminal, no variable of rsachat's set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("RSACHAT_KEYS", "RSACHAT_PASSWORD", "RSACHAT_SERVER", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(ask, "can_ask", lambda: False)
    return tmp_path


@pytest.fixture
def ready_keys(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """New keys are the fixed ones, alice's first; the list fills with the sizes asked for."""
    sizes: list[int] = []

    def generate(bits: int, random: Callable[[int], bytes]) -> PrivateKey:
        sizes.append(bits)
        random(1)
        return keys.private(keys.NAMES[len(sizes) - 1])

    monkeypatch.setattr(PrivateKey, "generate", generate)
    return sizes
