"""The references: they do the work that they stand for, and borrow nothing from rsachat."""

import ast
import socket
from pathlib import Path

import pytest

from benchmarks import bare_message, bare_relay, bare_rsa, flood, pool, relay, scratch
from benchmarks import bare_record_relay as records
from benchmarks.scratch import FIXED_KEYS, ROOT
from tests.support import engines

REFERENCES = [
    "bare_relay",
    "bare_record_relay",
    "bare_message",
    "bare_rsa",
    "bare_libraries",
    "bare_stop_and_wait",
    "bare_chat",
    "bare_tls_relay",
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
        relay.running_bare_relay() as bare,
        socket.create_connection(("127.0.0.1", bare.port)) as near,
        socket.create_connection(("127.0.0.1", bare.port)) as far,
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
def test_the_bare_relay_of_records_delivers_what_was_sealed() -> None:
    with (
        scratch.bare_process("bare_record_relay") as bare,
        socket.create_connection(("127.0.0.1", bare.port)) as near,
        socket.create_connection(("127.0.0.1", bare.port)) as far,
    ):
        sealing, opening = (records.Records(records.client_key(n)) for n in (0, 1))
        bodies = [bytes([n]) * (n + 1) for n in range(200)] * 20
        sealed = b"".join(
            sealing.seal(b"".join(records.message(n, 1, body) for body in bodies[n : n + 3]))
            for n in range(0, len(bodies), 3)
        )
        count = flood.RecordCount(sum(records.DELIVERED_HEAD + len(body) for body in bodies))
        assert flood.flood([(near, sealed)], [(far, count)]) > 0
        arrived, opened = b"".join(count.arrived), b""
        while arrived:
            end = 4 + int.from_bytes(arrived[:4], "big")
            opened += opening.open(arrived[4:end])
            arrived = arrived[end:]
        for body in bodies:
            head, opened = opened[: records.DELIVERED_HEAD], opened[records.DELIVERED_HEAD :]
            assert head[4:] == bytes(40)  # sender 0, and no fingerprint
            assert opened.startswith(body)
            opened = opened[len(body) :]
        assert not opened


def test_the_bare_pair_opens_what_it_seals() -> None:
    assert min(bare_message.BarePair(70, 4).round(2)) > 0


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
