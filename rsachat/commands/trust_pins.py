"""The pins of a keys folder, seen and changed by a person: never by an Enter alone.

A changed key is accepted only by typing the beginning of its new fingerprint, so that whoever
does it has looked at it (PROTOCOL 5.4).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from rsachat.amounts import rfc3339, when
from rsachat.commands.key_rows import server_names
from rsachat.commands.one_question import ask_server
from rsachat.commands.options import (
    keystore_of,
    named_fingerprint,
    parse_server,
    passwords_of,
    server_of,
)
from rsachat.commands.own_identity import open_client
from rsachat.commands.server_trust import learn_key, server_pin
from rsachat.commands.speak import put_json, put_table, say, wall_ms
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import RefusedError, RsachatError, UsageError
from rsachat.names import is_name
from rsachat.runtime.addresses import host_port
from rsachat.runtime.client_shell import Target
from rsachat.runtime.keystore import Identity, Keystore
from rsachat.runtime.pins import PeerPin, Pins, ServerPin, Trust
from rsachat.runtime.server_pin import expected_server, is_loopback
from rsachat.settings import ClientSettings
from rsachat.ui import ask
from rsachat.ui.plain_table import Column

_LISTED = "rsachat trust list shows who is"
TYPED = 8  # letters of the new fingerprint that a person types

_COLUMNS = (
    Column("who", style="name"),
    Column("on server"),
    Column("trust"),
    Column("since", style="time"),
    Column("fingerprint", fingerprint=True),
)


@dataclass(frozen=True, slots=True)
class _Row:
    who: str
    server: str
    trust: Trust
    since_ms: int
    fingerprint: str

    def as_json(self) -> dict[str, object]:
        return {
            "who": self.who,
            "server": self.server,
            "trust": self.trust,
            "since": rfc3339(self.since_ms),
            "fingerprint": self.fingerprint,
        }

    def cells(self, now_ms: int) -> list[str]:
        since = when(self.since_ms, now_ms)
        return [self.who, self.server or "-", self.trust.said, since, self.fingerprint]


def list_pins(args: argparse.Namespace) -> None:
    """All pins of the keys folder, servers first. Raises KeyFileError."""
    store = keystore_of(args)
    pins = Pins(store.folder)
    servers = pins.servers()
    name_of = server_names(store, servers, json=args.json)
    peers = [_peer_row(pin, name_of(pin.server)) for pin in pins.all_peers()]
    rows = [*map(_server_row, servers), *peers]
    if args.json:
        for row in rows:
            put_json("pin", row.as_json())
    elif rows:
        put_table(_COLUMNS, [row.cells(wall_ms()) for row in rows])
    else:
        say(args, "nobody is pinned yet")


def remove_pin(args: argparse.Namespace) -> None:
    """Forget a server or a person: the next contact counts as the first."""
    store = keystore_of(args)
    pins = Pins(store.folder)
    name = _person(args.who)
    if name is None:
        address = host_port(*parse_server(args.who))
        known = pins.remove_server(address)
        who = address
    else:
        known = pins.remove_peer(_server_of_peer(args, store, name), name)
        who = f"@{name}"
    if not known:
        raise RsachatError(f"{who} is not pinned", hint=_LISTED)
    if args.json:
        put_json("unpinned", {"who": who})
    else:
        say(args, f"{who} is forgotten; the next contact counts as the first")


def replace_pin(args: argparse.Namespace) -> None:
    """Accept the key that a server or a person has now, in place of the pinned one."""
    store = keystore_of(args)
    identity = open_client(args, store, passwords_of(args), args.name)
    name = _person(args.who)
    if name is None:
        _replace_server(args, store, identity)
    else:
        _replace_person(args, store, identity, name)


def _replace_server(args: argparse.Namespace, store: Keystore, identity: Identity) -> None:
    host, port = parse_server(args.who)
    address = host_port(host, port)
    pins = Pins(store.folder)
    held = pins.server(address)
    key = learn_key(identity.private, Target(host, port))
    fp = key.fingerprint
    _forget_own_name(pins, identity, address, fp)
    if held is not None and held.fp == fp:
        _already(args, address, held)
        return
    _confirm(address, held.fp if held else None, fp, named_fingerprint(args), was=_trust(held))
    pins.replace_server(ServerPin(address, fp, Trust.TOFU, wall_ms()))
    _done(args, address, fp)


def _forget_own_name(pins: Pins, identity: Identity, address: str, server_fp: bytes) -> None:
    """A server may call this key by another name from now on: asked for by naming the server."""
    own = identity.public.fingerprint
    told = pins.told_name(server_fp, own)
    if (
        told is not None
        and ask.can_ask()
        and ask.yes(f"{address} first called this key '{told}'. Accept another name from now on?")
    ):
        pins.remove_name(server_fp, own)


def _replace_person(
    args: argparse.Namespace, store: Keystore, identity: Identity, name: str
) -> None:
    from rsachat.client.core import Login
    from rsachat.client.lookup import LookupCore

    host, port = server_of(args)
    target = Target(host, port)
    named, args.fingerprint = named_fingerprint(args), None  # it names the person's key here
    server = server_pin(args, store, identity.private, target)
    login = Login(identity.private, identity.name, host_port(host, port), server)
    core = ask_server(target, lambda ambient: LookupCore(login, name, ambient, ClientSettings()))
    assert core.key is not None
    fp = core.key.fingerprint
    pins = Pins(store.folder)
    held = next((pin for pin in pins.peers(server) if pin.name == name), None)
    if held is not None and held.fp == fp:
        _already(args, f"@{name}", held)
        return
    _confirm(f"@{name}", held.fp if held else None, fp, named, was=_trust(held))
    pins.replace_peer(PeerPin(server, name, fp, Trust.TOFU, wall_ms()))
    _done(args, f"@{name}", fp)


def _confirm(who: str, old: bytes | None, new: bytes, named: bytes | None, *, was: str) -> None:
    """Raises RefusedError unless the new fingerprint was named or its beginning typed."""
    text = fingerprint_text(new)
    if named is not None:
        if named != new:
            why, hint = f"it is {text}", "compare it with its owner before you name that one"
            raise RefusedError(f"{who} has another key", why=why, hint=hint)
        return
    if not ask.can_ask():
        raise RefusedError(
            f"the key of {who} is not replaced",
            why=f"its key is {text} now, and there is nobody to confirm it",
            hint=f"compare it with its owner, then use --fingerprint {text}",
        )
    before = "" if old is None else f"before ({was}): {fingerprint_text(old)}\n"
    prompt = (
        f"{before}now: {text}\n"
        f"Somebody may be in between. If its owner confirms the new key of {who},\n"
        f"type the first {TYPED} letters of it: "
    )
    if ask.line(prompt).replace("-", "").strip().lower() != text.replace("-", "")[:TYPED]:
        raise RefusedError(
            f"the key of {who} is not replaced",
            why="it was not confirmed",
            hint=f"ask its owner, and type the first {TYPED} letters of what is shown",
        )


def _done(args: argparse.Namespace, who: str, fp: bytes) -> None:
    text = fingerprint_text(fp)
    if args.json:
        put_json("pinned", {"who": who, "fingerprint": text, "trust": Trust.TOFU, "new": True})
    else:
        say(args, f"{who} is pinned with {text}")


def _already(args: argparse.Namespace, who: str, held: ServerPin | PeerPin) -> None:
    text = fingerprint_text(held.fp)
    if args.json:
        put_json("pinned", {"who": who, "fingerprint": text, "trust": held.trust, "new": False})
    else:
        say(args, f"the key of {who} is the pinned one")


def _person(who: str) -> str | None:
    """The name in `@name`; None for a server. Raises UsageError."""
    if not who.startswith("@"):
        return None
    if not is_name(who[1:]):
        raise UsageError(f"'{who}' is nobody's name", hint="@name, or HOST:PORT for a server")
    return who[1:]


def _server_of_peer(args: argparse.Namespace, store: Keystore, name: str) -> bytes:
    """On which server a person is pinned; --server or its key chooses where there are several."""
    pins, named = Pins(store.folder), named_fingerprint(args)
    if args.server is not None or named is not None:
        host, port = server_of(args)
        address, loopback = host_port(host, port), is_loopback(host)
        if chosen := expected_server(store, pins, address, loopback=loopback, named=named):
            return chosen.fp
        why = f"no key of the server {address} is known here"
        raise RsachatError(f"@{name} is not pinned", why=why, hint=_LISTED)
    servers = {pin.server for pin in pins.all_peers() if pin.name == name}
    if len(servers) > 1:
        hint = "choose one by --server or --fingerprint: rsachat trust list --json shows them"
        raise UsageError(f"@{name} is pinned on several servers", hint=hint)
    if not servers:
        raise RsachatError(f"@{name} is not pinned", hint=_LISTED)
    return servers.pop()


def _trust(pin: ServerPin | PeerPin | None) -> str:
    return "" if pin is None else pin.trust.said


def _server_row(pin: ServerPin) -> _Row:
    return _Row(pin.address, "", pin.trust, pin.since_ms, fingerprint_text(pin.fp))


def _peer_row(pin: PeerPin, server: str) -> _Row:
    return _Row(f"@{pin.name}", server, pin.trust, pin.since_ms, fingerprint_text(pin.fp))
