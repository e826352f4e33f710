"""Onboarding between real processes: one command on each machine, and nobody in between."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.protocol.frames import PREAMBLE
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Process, Site


def invite(site: Site, name: str, address: str = "") -> tuple[str, str]:
    """What `rsachat invite` prints: the command to type, and the code."""
    invited = site.start("server", "invite", name, "--address", address or site.address)
    assert invited.wait() == 0, invited.errors
    command, code = "".join(invited.stdout).splitlines()
    return command, code


def own_folder(site: Site, machine: str) -> Path:
    return site.machine(machine) / ".config" / "rsachat" / "keys"


def join(site: Site, machine: str, code: str, *words: str, address: str = "") -> Process:
    joining = site.start(
        machine, "join", address or site.address, "--code-file", "-", "--json", *words
    )
    joining.write(code)
    joining.close_stdin()
    return joining


def has_pair(site: Site, machine: str, key: str) -> None:
    """A key made by an earlier try, which costs no time."""
    put_pair(own_folder(site, machine), machine, key)


def authorized(site: Site) -> set[str]:
    return {path.name for path in site.keys_of("server").glob("*-rsapub.pem")}


@pytest.mark.slow
def test_from_nothing_to_a_talk_by_one_command_on_each_machine(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    alice = site.client("alice")
    command, code = invite(site, "bob")
    assert command == f"rsachat join {site.address}"
    joining = join(site, "bob", code)
    joined = joining.event("joined", seconds=50)
    assert joining.wait() == 0, joining.errors
    assert (joined["name"], joined["server"], joined["next"]) == (
        "bob",
        site.address,
        "rsachat client",
    )
    assert server.event("authorized")["name"] == "bob"
    home = {"HOME": str(site.machine("bob"))}
    bob = site.start("elsewhere", "client", "--json", "--listen", env=home)
    assert bob.event("connected")["name"] == "bob"
    bob.write("@alice Hello World")
    message = alice.event("message")
    assert (message["from"]["name"], message["text"]) == ("bob", "Hello World")
    alice.write("@bob and back")
    assert bob.event("message")["text"] == "and back"
    folder = own_folder(site, "bob")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "known_servers").read_text().split()[2] == "verified"
    (site.machine("elsewhere") / "source.txt").write_text("a file")
    upload = site.start("elsewhere", "upload", "source.txt", "--json", env=home)
    assert upload.wait() == 0, upload.errors


@pytest.mark.slow
def test_a_code_is_good_once(site: Site) -> None:
    server = site.serve()
    _, code = invite(site, "bob")
    has_pair(site, "bob", "bob")
    for _ in range(2):  # the same key and name again is no harm
        joining = join(site, "bob", code)
        assert joining.wait() == 0, joining.errors
    put_pair(own_folder(site, "mallory"), "bob", "carol")
    late = join(site, "mallory", code)
    assert late.wait() == 4
    assert "does not accept this invitation" in late.errors
    assert "hint:" in late.errors
    assert "no valid invitation" in server.event("refused")["reason"]
    assert not (own_folder(site, "mallory") / "defaults").exists()
    assert not (own_folder(site, "mallory") / "known_servers").exists()


@pytest.mark.slow
def test_a_wrong_an_expired_and_a_renamed_code_are_refused(site: Site) -> None:
    site.serve()
    _, code = invite(site, "bob")
    has_pair(site, "bob", "bob")
    has_pair(site, "carol", "carol")
    before = authorized(site)
    renamed = code.replace("bob.", "carol.")
    assert join(site, "carol", renamed).wait() == 4
    letter = "b" if code[4] == "a" else "a"
    wrong = code[:4] + letter + code[5:]
    assert join(site, "bob", wrong).wait() == 4
    malformed = join(site, "bob", code[:-1])
    assert malformed.wait() == 2
    assert code[:-1] not in malformed.errors
    invitations = site.keys_of("server") / "invitations"
    waiting = invitations.read_text()
    invitations.write_text(re.sub(r"20\d\d-", "2001-", waiting))
    assert join(site, "bob", code).wait() == 4
    assert authorized(site) == before
    invitations.write_text(waiting)
    assert join(site, "bob", code).wait() == 0
    assert authorized(site) == before | {"bob-rsapub.pem"}


@contextmanager
def recorded(address: str) -> Iterator[tuple[str, bytearray]]:
    """A wire to `address` that keeps what a client sends: where it listens, and the bytes."""
    host, port = address.rsplit(":", 1)
    heard = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pump(source: socket.socket, target: socket.socket, *, keep: bool) -> None:
            while data := source.recv(65536):
                if keep:
                    heard.extend(data)
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

        def serve() -> None:
            client, _ = listener.accept()
            with client, socket.create_connection((host, int(port))) as server:
                back = threading.Thread(target=pump, args=(server, client), kwargs={"keep": False})
                back.start()
                pump(client, server, keep=True)
                back.join()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}", heard
        thread.join(10)


@pytest.mark.slow
def test_a_man_in_the_middle_gets_nothing_but_a_hello(site: Site) -> None:
    """Another server at the address that the newcomer was told, with every right but the key."""
    put_pair(site.keys_of("evil"), "server", "carol")
    evil = site.start("evil", "server", "--port", "0", "--open", "--json")
    listens = evil.event("listening")["address"]
    site.serve()
    has_pair(site, "bob", "bob")
    with recorded(listens) as (address, heard):
        _, code = invite(site, "bob", address)
        joining = join(site, "bob", code, address=address)
        assert joining.wait() == 4
    assert "not the server that the code names" in joining.errors
    assert "nothing was sent" in joining.errors
    assert heard[:8] == PREAMBLE
    assert len(heard) == 8 + 4 + int.from_bytes(heard[8:12], "big")  # CLIENT_HELLO, no more
    assert not (own_folder(site, "bob") / "known_servers").exists()
    right = join(site, "bob", code)
    assert right.wait() == 0, right.errors


@pytest.mark.slow
def test_another_server_known_at_the_address_stops_it_before_it_connects(site: Site) -> None:
    site.serve()
    _, code = invite(site, "bob")
    has_pair(site, "bob", "bob")
    pins = own_folder(site, "bob") / "known_servers"
    other = fingerprint_text(keys.public("carol").fingerprint)
    pins.write_text(f"{site.address} {other} tofu 2026-11-24T09:51:57Z\n")
    joining = join(site, "bob", code)
    assert joining.wait() == 4
    assert other in joining.errors
    assert f"rsachat trust remove {site.address}" in joining.errors
    assert "bob-rsapub.pem" not in authorized(site)


@pytest.mark.slow
def test_a_revoked_person_is_out_within_two_seconds(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    server = site.serve()
    alice, bob = site.client("alice"), site.client("bob")
    revoked = site.start("server", "revoke", "bob")
    assert revoked.wait() == 0, revoked.errors
    began = time.monotonic()
    gone = server.event("disconnected")
    assert time.monotonic() - began < 10  # two seconds, on a machine of its own
    assert (gone["name"], gone["reason"], gone["clients"]) == ("bob", "its key is revoked", 1)
    assert bob.wait() == 4
    again = site.start("bob", "client", "--server", site.address)
    assert again.wait() == 4
    alice.write("@alice still here")
    assert alice.event("undelivered")["reason"] == "that is you"


@pytest.mark.slow
def test_a_key_is_authorized_from_standard_input(site: Site) -> None:
    site.serve()
    put_pair(site.keys_of("bob"), "client", "bob")
    put_public(site.keys_of("bob"), "server", "server")
    authorizing = site.start("server", "authorize", "-", "--name", "bob", "--json")
    authorizing.write(keys.public("bob").to_pem().decode())
    authorizing.close_stdin()
    assert authorizing.event("authorized")["new"]
    assert authorizing.wait() == 0
    bob = site.start("bob", "client", "--server", site.address, "--json", "--listen")
    assert bob.event("connected")["name"] == "bob"


@pytest.mark.slow
def test_no_secret_is_in_any_command_line_or_environment(site: Site) -> None:
    server = site.serve()
    _, code = invite(site, "bob")
    has_pair(site, "bob", "bob")
    joining = site.start("bob", "join", site.address, "--code-file", "-")
    joining.write(code)
    secret = code.partition(".")[2].encode()
    seen = b""
    for pid in [server.pid, *server.children(), joining.pid, *joining.children()]:
        for what in ("cmdline", "environ"):
            seen += Path(f"/proc/{pid}/{what}").read_bytes()
    assert b"--code-file" in seen
    assert secret not in seen
    joining.close_stdin()
    assert joining.wait() == 0, joining.errors
    assert secret.decode() not in "".join([*joining.stdout, *joining.stderr])
    said = json.dumps(server.stdout) + server.errors
    assert secret.decode() not in said
    for path in site.root.rglob("*"):
        if path.is_file() and not os.path.islink(path):
            assert secret not in path.read_bytes(), path
