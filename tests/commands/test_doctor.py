"""`rsachat doctor` as a command, against a real server and without one."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from rsachat.runtime.keystore import Keystore
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Site
from tests.support.transcript import Outcome, rsachat

Rows = dict[tuple[str, str], str]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.clean_up()


def rows(outcome: Outcome) -> Rows:
    """The state of each check."""
    found = [json.loads(line) for line in outcome.stdout.splitlines()]
    assert all(row["event"] == "check" for row in found)
    assert all(row["todo"] for row in found if row["state"] != "ok")
    return {(row["check"], row["about"]): row["state"] for row in found}


def doctor(folder: Path, *words: str, code: int = 0) -> Outcome:
    outcome = rsachat(folder, "doctor", *words)
    assert outcome.code == code, outcome
    return outcome


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


def test_a_client_and_its_server_are_well(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    at = site.address
    found = rows(doctor(site.machine("alice"), "--server", at, "--json"))
    for check in ("server", "clock", "version", "largest upload"):
        assert found[check, at] == "ok"
    put_pair(site.keys_of("server"), "client", "bob")
    port = at.rsplit(":", 1)[1]
    found = rows(doctor(site.machine("server"), "--port", port, "--json"))
    assert found["port", at] == "ok"
    assert found["server", at] == "ok"  # its own client is let in as well
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert not [event for event in server.rest() if event["event"] == "connected"]


@pytest.mark.long
def test_a_server_that_refuses_is_a_failure_with_the_way_out(site: Site) -> None:
    site.serve()
    machine = site.machine("carol")
    put_pair(site.keys_of("carol"), "carol", "carol")
    outcome = doctor(machine, "--server", site.address)
    assert f"warn  server {site.address}: it answers, with a key not known here" in outcome.stdout
    put_public(site.keys_of("carol"), "server", "server")
    outcome = doctor(machine, "--server", site.address, code=1)
    assert f"fail  server {site.address}: " in outcome.stdout
    assert "      do: who runs the server lets you in by: rsachat invite NAME" in outcome.stdout


@pytest.mark.long
def test_a_locked_key_does_not_log_in_and_the_server_is_looked_at_all_the_same(site: Site) -> None:
    site.person("alice")
    site.serve()
    store = Keystore(site.keys_of("bob"))
    store.add_pair("bob", keys.private("bob"), "secret")
    put_public(store.folder, "server", "server")
    outcome = doctor(site.machine("bob"), "--server", site.address)
    assert "protected by a password, not opened" in outcome.stdout
    assert "it answers, and has proven the key known here" in outcome.stdout
    put_public(store.folder, "server", "alice")
    outcome = doctor(site.machine("bob"), "--server", site.address, code=1)
    assert "rsachat trust replace" in outcome.stdout


def test_a_machine_before_its_server_runs(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "server", "server")
    port = free_port()
    outcome = doctor(tmp_path, "--port", port, "--uploads", "delivered")
    assert f"ok    port 127.0.0.1:{port}: free" in outcome.stdout
    assert "ok    uploads ./delivered: " in outcome.stdout
    assert not (tmp_path / "delivered").exists()
    assert "1 warn, 0 fail" in outcome.stderr


def test_without_keys_it_says_how_to_begin(tmp_path: Path) -> None:
    outcome = doctor(tmp_path, code=1)
    assert "do: rsachat keygen --password" in outcome.stdout
    assert not (tmp_path / "keys").exists()


@pytest.mark.long
def test_a_password_file_of_no_use_is_a_failure(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "server", "server")
    words = ("--port", free_port(), "--password-file", "absent")
    assert "cannot read the password file absent" in doctor(tmp_path, *words, code=1).stdout
