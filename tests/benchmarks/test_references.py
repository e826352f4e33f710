"""The references: they do the work that they stand for, and borrow nothing from rsachat."""

import ast
import socket
from pathlib import Path

import pytest

from benchmarks import bare_relay, bare_rsa, flood, pool, relay
from benchmarks.scratch import FIXED_KEYS, ROOT
from tests.support import engines

REFERENCES = [
    "bare_relay",
    "bare_rsa",
    "bare_libraries",
    "bare_stop_and_wait",
    "flood",
    "__init__",
]


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_imports_nothing_from_rsachat(name: str) -> None:
    tree = ast.parse((ROOT / "benchmarks" / f"{name}.py").read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("rsachat") for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            package, _, module = (node.module or "").partition(".")
            assert package != "rsachat"
            assert package != "benchmarks" or module in REFERENCES


@pytest.mark.slow
def test_the_bare_relay_delivers_what_was_sent() -> None:
    with (
        relay.running_bare_relay() as port,
        socket.create_connection(("127.0.0.1", port)) as near,
        socket.create_connection(("127.0.0.1", port)) as far,
    ):
        arrived = bytearray()
        frames = b"".join(bare_relay.frame(1, bytes([n]) * n) for n in range(200)) * 50

        def take(data: bytes) -> bool:
            arrived.extend(data)
            return len(arrived) == len(frames)

        assert flood.flood([(near, frames)], [(far, take)]) > 0
        from_near = b"".join(bare_relay.frame(0, bytes([n]) * n) for n in range(200)) * 50
        assert arrived == from_near


@pytest.mark.slow
@pytest.mark.parametrize("name", engines.NAMES)
def test_the_bare_workers_open_real_units(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.engine_named(name)
    monkeypatch.setenv("RSACHAT_ENGINE", name)
    units = pool.make_units(tmp_path / "units")
    key = FIXED_KEYS / "server-rsapvt.pem"
    assert bare_rsa.rate(2, "decrypt", key, 0.1, units) > 1
    assert bare_rsa.rate(1, "login", key, 0.1) > 1
