"""docs/scripting.md has every event and every field of `--json`, and nothing besides."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any

import pytest

from rsachat.client import views
from rsachat.runtime.pins import PeerPin, Pins, Trust
from rsachat.server import notices
from rsachat.ui.json_output import notice_json, view_json
from tests.support import keys
from tests.support.json_schema import problems, schema
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Process, Site, until

Seen = list[tuple[str, dict[str, Any]]]
"""Command, and an object that it printed."""


def run(site: Site, machine: str, *words: str, stdin: str = "", code: int = 0) -> Seen:
    """What a short command prints, by the name under which the document has it."""
    process = site.start(machine, *words, "--json")
    process.write(*stdin.splitlines())
    process.close_stdin()
    assert process.wait() == code, process.errors
    name = " ".join(words[:2]) if words[:2] in _TWO_WORDS else words[0]
    return [(name, json.loads(line)) for line in process.stdout]


_TWO_WORDS = {("keys", "passwd"), ("trust", "list"), ("trust", "remove"), ("trust", "replace")}


def of(name: str, process: Process) -> Seen:
    return [(name, json.loads(line)) for line in process.stdout]


def about_keys(site: Site) -> Seen:
    """On the server's machine, and one with a file of no use in it."""
    folder = site.machine("server")
    (folder / "new").write_text("hush\n")
    put_public(folder, "carol", "carol")
    put_pair(site.keys_of("server"), "own", "alice")
    (site.keys_of("server") / "own-rsapub.pem").unlink()
    seen = run(site, "server", "keys", "passwd", "own", "--new-password-file", "new")
    seen += run(site, "server", "keygen", "server")
    seen += run(site, "server", "authorize", "carol-rsapub.pem")
    seen += run(site, "server", "revoke", "carol")
    seen += run(site, "server", "keys") + run(site, "alice", "keys")
    (site.keys_of("server") / "revoked" / "carol-rsapub.pem").unlink()  # she comes back, invited
    return seen


def about_newcomers(site: Site) -> Seen:
    seen = run(site, "server", "invite", "carol", "--address", site.address)
    put_pair(site.keys_of("carol"), "carol", "carol")
    code = str(seen[0][1]["code"])
    words = ("join", site.address, "--code-file", "-", "--keys", "keys")
    return seen + run(site, "carol", *words, stdin=code)


def about_pins(site: Site) -> Seen:
    server = keys.public("server").fingerprint
    Pins(site.keys_of("carol")).add_peer(
        PeerPin(server, "bob", keys.public("bob").fingerprint, Trust.TOFU, 1_700_000_000_000)
    )
    seen = run(site, "carol", "trust", "list")
    seen += run(site, "carol", "trust", "replace", site.address)
    return seen + run(site, "carol", "trust", "remove", "@bob")


def about_files(site: Site) -> Seen:
    (site.machine("alice") / "a.txt").write_text("one file")
    words = ("--server", site.address)
    seen = run(site, "alice", "upload", "a.txt", "--receipt", "a.receipt", *words)
    (site.machine("alice") / "a.txt").write_text("another")
    seen += run(site, "alice", "upload", "absent", "a.txt", *words, code=1)
    (site.machine("alice") / "a.txt").write_text("one file")
    seen += run(site, "alice", "licenses", "rsachat")
    return seen + run(site, "alice", "verify-receipt", "a.receipt", "a.txt")


def about_health(site: Site) -> Seen:
    return run(site, "alice", "doctor", "--server", site.address)


def talk(site: Site, server: Process) -> Seen:
    """Everything that two clients say, from joining to the server's end."""
    alice = site.client("alice")
    bob = site.client("bob")
    alice.write("nobody is chosen", "@zoe are you there?", "@bob Hello")
    bob.event("message")
    alice.event("delivered")
    bob.write("quit")
    bob.wait()
    alice.event("left")
    server.signal(signal.SIGTERM)
    server.wait()
    alice.wait()
    return of("client", alice) + of("client", bob)


def made() -> Seen:
    """Of the kinds that take a crowd or bad luck, and of all the others too: made by hand."""
    shown: dict[type, Any] = {str: "x", int: 1, float: 1.5, bool: True, views.Trust: "new"}
    texts = [("server", notice_json(_filled(k, shown), 0)) for k in notices.Notice.__args__]
    texts += [
        ("client", text)
        for kind in views.View.__args__
        if kind.event and (text := view_json(_filled(kind, shown), 0))
    ]
    return [(name, json.loads(text)) for name, text in texts]


def _filled(kind: type, values: dict[type, Any]) -> Any:
    kinds = kind.__annotations__
    named = {n: values[k] for n, k in kinds.items() if k in values}
    if "trust" in named:
        named["trust"] = views.Trust.NEW
    return kind(**named)


@pytest.mark.slow
def test_what_is_printed_is_what_is_documented(site: Site) -> None:
    """Every event and every field, both ways; `demo` runs beside the others."""
    demo = site.start("demo", "demo", "--json", "--quiet")
    site.person("alice")
    site.person("bob")
    server = site.serve("--tap", "--metrics", "127.0.0.1:0")
    seen = about_keys(site) + about_newcomers(site) + about_pins(site) + about_files(site)
    host, port = site.address.split(":")
    with socket.create_connection((host, int(port))) as stranger:
        stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
        until(lambda: any('"refused"' in line for line in server.stdout))
    seen += about_health(site)
    seen += talk(site, server) + of("server", server)
    assert demo.wait(60) == 0, demo.errors
    seen += of("demo", demo)
    documented = schema()
    compare(seen, documented)
    printed = {(command, event["event"]) for command, event in seen}
    rare = {("server", "warning")}
    rare |= {("client", event) for event in ("count", "reconnecting", "warning")}
    assert documented.keys() - printed <= rare


def test_what_is_made_by_hand_is_what_is_documented() -> None:
    documented = {key: fields for key, fields in schema().items() if key[0] in ("client", "server")}
    seen = made()
    compare(seen, documented)
    assert {(command, event["event"]) for command, event in seen} == documented.keys()


def compare(seen: Seen, documented: dict[tuple[str, str], Any]) -> None:
    wrong = []
    for command, event in seen:
        fields = documented.get((command, event["event"]))
        found = ["it is not documented"] if fields is None else problems(event, fields)
        wrong += [f"{command} {event['event']}: {text}" for text in found]
    assert wrong == []


def test_a_field_too_many_or_of_another_type_is_found() -> None:
    fields = schema()["client", "delivered"]
    head = {"v": 1, "event": "delivered", "time": "2026-11-24T09:51:57.000Z"}
    assert problems(head | {"id": "x", "delivered": 1, "total": 1}, fields) == []
    assert problems(head | {"id": "x", "delivered": 1}, fields) == ["total is missing"]
    assert len(problems(head | {"id": "x", "delivered": "1", "total": 1, "n": 2}, fields)) == 2
    assert problems({"event": "delivered"}, {}) != []
