"""What an operator uses on a running server: its metrics, its log; real processes."""

from __future__ import annotations

import signal
import socket
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support.program import Process, Site, until


def numbers(address: str) -> dict[str, float]:
    """The metrics, by name with labels, as a collector gets them."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as reply:
        assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = reply.read().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def metered(site: Site, *words: str) -> tuple[Process, str]:
    """A server, and where its metrics are."""
    server = site.serve("--metrics", "127.0.0.1:0", *words)
    address: str = server.event("metrics")["address"]
    return server, address


def test_the_metrics_of_a_chat_and_an_upload(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    server, at = metered(site)
    alice, bob = site.client("alice"), site.client("bob")
    alice.write("@bob canary")
    assert bob.event("message")["text"] == "canary"
    alice.event("delivered")
    (site.machine("bob") / "a.txt").write_bytes(bytes(1000))
    upload = site.start("bob", "upload", "a.txt", "--server", site.address, "--json")
    assert upload.wait() == 0
    seen = numbers(at)
    assert seen["rsachat_clients"] == 2
    assert seen['rsachat_logins_total{role="chat"}'] == 2
    assert seen['rsachat_logins_total{role="upload"}'] == 1
    assert seen["rsachat_handshakes_total"] == 3
    assert seen['rsachat_messages_total{outcome="routed"}'] >= 2
    assert seen['rsachat_uploads_total{outcome="stored"}'] == 1
    assert seen["rsachat_stored_bytes_total"] == 1000
    assert seen["rsachat_worker_busy_seconds_total"] > 0
    assert not [name for name in seen if "alice" in name or "canary" in name]
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://{at}/", timeout=10)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert server.errors == ""


@pytest.mark.long
def test_a_collector_that_hangs_holds_up_neither_chat_nor_the_end(site: Site) -> None:
    site.person("alice")
    server, at = metered(site)
    host, port = at.rsplit(":", 1)
    with socket.create_connection((host, int(port))) as silent:
        silent.send(b"GET /metr")
        site.client("alice")
        assert numbers(at)["rsachat_clients"] == 1
        server.signal(signal.SIGTERM)
        assert server.wait(20) == 0


def test_a_signal_right_after_it_listens_is_an_orderly_end(site: Site) -> None:
    """It was told before the signals were taken over, and ended with 130 then."""
    server = site.serve()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert [event["event"] for event in server.rest()] == ["stopping"]


@pytest.mark.long
def test_a_public_address_for_the_metrics_is_a_warning(site: Site) -> None:
    server = site.serve("--metrics", "0.0.0.0:0")
    assert server.event("metrics")["address"]
    assert "can read the metrics" in server.event("warning")["text"]


def refusals(site: Site, count: int) -> None:
    """One line each in the log."""
    host, port = site.address.rsplit(":", 1)
    for _ in range(count):
        with socket.create_connection((host, int(port))) as sock:
            sock.sendall(b"no rsachat at all")
            sock.recv(1)


def logs(folder: Path) -> list[Path]:
    return sorted(folder.glob("log*"), key=lambda path: path.suffix, reverse=True)


def test_the_log_rotates_while_the_server_runs_and_loses_nothing(site: Site) -> None:
    server = site.serve("--log-file", "log", "--log-max-size", "400", "--log-keep", "9")
    refusals(site, 20)
    for _ in range(20):
        server.event("refused")
    files = logs(site.machine("server"))
    assert len(files) > 2
    assert all(path.stat().st_size <= 400 for path in files)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    lines = [line for path in files for line in path.read_text().splitlines()]
    assert sum("no rsachat client" in line for line in lines) == 20
    assert lines[0].split()[1] == "listening"


@pytest.mark.long
def test_a_log_whose_disk_is_gone_is_said_and_comes_back(site: Site) -> None:
    """The folder goes away under it, comes back, and SIGHUP finds it again."""
    folder = site.machine("server") / "logs"
    folder.mkdir()
    server = site.serve("--log-file", "logs/log")
    (folder / "log").unlink()
    folder.rmdir()
    server.signal(signal.SIGHUP)
    assert "cannot be opened anew" in server.event("warning")["text"]
    folder.mkdir()
    server.signal(signal.SIGHUP)
    until((folder / "log").exists)
    refusals(site, 1)
    server.event("refused")
    assert "no rsachat client" in (folder / "log").read_text()
