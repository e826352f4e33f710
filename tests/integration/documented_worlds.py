"""What lies around a documented command when it is run: a folder made ready for each kind."""

from __future__ import annotations

import shutil
from pathlib import Path

from rsachat.runtime.pins import PeerPin, Pins, ServerPin, Trust
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Site
from tests.support.transcript import rsachat

PASSWORD = "hush hush"
MET = 1_700_000_000_000  # ms since 1970: when the pins were made


def site_of(root: Path) -> Site:
    """A server that runs and knows `client`, whose key is Alice's; and Bob, who is there."""
    site = Site(root)
    site.person("bob")
    put_public(site.keys_of("server"), "client", "alice")
    site.serve("--workers", "1")
    site.client("bob")
    return site


def nothing(_site: Site, _desk: Path) -> None:
    """An empty folder."""


def tree(_site: Site, _desk: Path) -> None:
    """The source tree, where the folder lies elsewhere."""


def server(_site: Site, desk: Path) -> None:
    """The machine of a server that does not run; public keys came by mail, or lie elsewhere."""
    put_pair(desk / "keys", "server", "server")
    put_pair(desk / "keys", "client", "alice")
    put_public(desk, "alice", "carol")
    put_public(desk, "bob", "bob")
    shutil.copy(desk / "bob-rsapub.pem", desk / "bobs-key.pem")
    put_public(desk / "bob@example.org" / "keys", "client", "bob")


def locked(site: Site, desk: Path) -> None:
    """The same, its key under a password, which a file has too."""
    server(site, desk)
    pem = keys.private("server").to_pem(PASSWORD)
    (desk / "keys" / "server-rsapvt.pem").write_bytes(pem)
    (desk / "server.password").write_text(f"{PASSWORD}\n")


def stranger(site: Site, desk: Path) -> None:
    """A machine whose key the server knows, but not the other way; its files are new there."""
    shutil.rmtree(site.machine("server") / "uploads" / "client", ignore_errors=True)
    for name in ("client", "alice"):
        put_pair(desk / "keys", name, "alice")
    for name in ("source.txt", "report.pdf", "photo.jpg", "notes.txt"):
        (desk / name).write_text(f"{name} of {desk}")
    (desk / "photos").mkdir()
    shutil.copy(desk / "photo.jpg", desk / "photos")


def person(site: Site, desk: Path) -> None:
    """The same, and it knows the server."""
    stranger(site, desk)
    put_public(desk / "keys", "server", "server")
    put_public(desk, "server", "server")


def changed_server(site: Site, desk: Path) -> None:
    """The same, but the server had another key when they met."""
    stranger(site, desk)
    pin = ServerPin(site.address, keys.public("carol").fingerprint, Trust.TOFU, MET)
    Pins(desk / "keys").add_server(pin)


def changed_person(site: Site, desk: Path) -> None:
    """It knows the server, and Bob had another key when they met."""
    person(site, desk)
    there, other = (keys.public(name).fingerprint for name in ("server", "carol"))
    Pins(desk / "keys").add_peer(PeerPin(there, "bob", other, Trust.TOFU, MET))


def invited(site: Site, desk: Path) -> None:
    """Nothing but an invitation, each to another name."""
    name = f"guest-{len(list(site.root.glob('guest-*')))}"
    site.machine(name)
    words = ("invite", name, "--address", site.address, "--quiet")
    asked = rsachat(site.machine("server"), *words)
    assert asked.code == 0, asked
    (desk / "invitation.txt").write_text(asked.stdout)


WORLDS = {
    world.__name__: world
    for world in (
        *(nothing, tree, server, locked),
        *(stranger, person, changed_server, changed_person, invited),
    )
}
ALONE = ("nothing", "tree", "server", "locked")
"""Where no server runs."""
