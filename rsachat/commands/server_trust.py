"""The server's key before a login: the pin that holds, or a first contact with its question.

No person sits inside a handshake's ten seconds: at first use the key is learnt on a connection
of its own, which ends before this side has named itself (PROTOCOL 5.3).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rsachat.commands.one_question import ask_server
from rsachat.commands.options import named_fingerprint
from rsachat.commands.speak import wall_ms
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import RefusedError
from rsachat.runtime.addresses import host_port
from rsachat.runtime.pins import Pins, ServerPin, Trust
from rsachat.runtime.server_pin import expected_server, is_loopback
from rsachat.settings import ClientSettings
from rsachat.ui import ask

if TYPE_CHECKING:
    from rsachat.crypto.rsa import PrivateKey, PublicKey
    from rsachat.runtime.client_shell import Target
    from rsachat.runtime.keystore import Keystore


def server_pin(
    args: argparse.Namespace, store: Keystore, identity: PrivateKey, target: Target
) -> bytes:
    """The fingerprint that the server has to prove, 32 bytes; asked for at first contact.

    Raises RefusedError, ConnectError, KeyFileError, UsageError.
    """
    pins = Pins(store.folder)
    address = host_port(target.host, target.port)
    expected = expected_server(
        store,
        pins,
        address,
        loopback=is_loopback(target.host),
        named=named_fingerprint(args),
    )
    if expected is not None:
        return expected.fp
    key = learn_key(identity, target)
    _ask(address, key.fingerprint)
    held = pins.add_server(ServerPin(address, key.fingerprint, Trust.TOFU, wall_ms()))
    return held.fp


def learn_key(identity: PrivateKey, target: Target) -> PublicKey:
    """The key that the server at `target` proves. Raises ConnectError or RefusedError."""
    from rsachat.client.probe import ProbeCore
    from rsachat.runtime.client_shell import Target

    address = host_port(target.host, target.port)
    anywhere = Target(target.host, target.port)  # the bound port stays free for the login
    core = ask_server(
        anywhere, lambda ambient: ProbeCore(identity, address, ambient, ClientSettings())
    )
    assert core.key is not None
    return core.key


def _ask(address: str, fingerprint: bytes) -> None:
    """Raises RefusedError unless a person typed "yes"."""
    text = fingerprint_text(fingerprint)
    if not ask.can_ask():
        raise RefusedError(
            f"the server {address} is not known here",
            why=f"its key is {text}",
            hint=f"compare it with what the server shows, then use --fingerprint {text}",
        )
    question = (
        f"First contact with the server {address}.\n"
        f"Its key's fingerprint is\n    {text}\n"
        "Compare it with what the server itself shows. Is it the same?"
    )
    if not ask.yes(question):
        raise RefusedError(
            f"the server {address} was not accepted",
            why="its fingerprint was not confirmed",
            hint="ask who runs the server for its fingerprint: rsachat keys shows it there",
        )
