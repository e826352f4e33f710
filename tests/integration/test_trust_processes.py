"""Changed keys between real processes: a hard stop, and the one command that goes on."""

from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.runtime.pins import PeerPin, Pins, ServerPin, Trust
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Process, Site

SERVER = fingerprint_text(keys.public("server").fingerprint)
OTHER = fingerprint_text(keys.public("carol").fingerprint)
BOB = fingerprint_text(keys.public("bob").fingerprint)


def started(site: Site) -> Process:
    """A server that authorizes alice, who knows it at first contact only by --fingerprint."""
    put_pair(site.keys_of("alice"), "alice", "alice")
    put_public(site.keys_of("server"), "alice", "alice")
    return site.serve()


def test_a_first_contact_without_a_terminal_names_the_fingerprint(site: Site) -> None:
    started(site)
    alice = site.start("alice", "client", "--server", site.address, stdin=False)
    assert alice.wait() == 4
    assert f"--fingerprint {SERVER}" in alice.errors
    named = site.start(
        "alice", "client", "--server", site.address, "--fingerprint", SERVER, stdin=False
    )
    assert named.wait() == 0


def test_a_changed_server_key_stops_everything(site: Site) -> None:
    server = started(site)
    pins = Pins(site.keys_of("alice"))
    pins.add_server(
        ServerPin(site.address, keys.public("carol").fingerprint, Trust.TOFU, 1_700_000_000_000)
    )
    for command in (["client"], ["upload", str(site.keys_of("alice") / "alice-rsapub.pem")]):
        alice = site.start("alice", *command, "--server", site.address, stdin=False)
        assert alice.wait() == 4
        assert SERVER in alice.errors
        assert OTHER in alice.errors
        assert f"rsachat trust replace {site.address}" in alice.errors
        assert server.event("key-shown")["address"]
    refused = site.start("alice", "trust", "replace", site.address, stdin=False)
    assert refused.wait() == 4
    assert f"--fingerprint {SERVER}" in refused.errors
    wrong = site.start("alice", "trust", "replace", site.address, "--fingerprint", OTHER)
    assert wrong.wait() == 4
    accepted = site.start("alice", "trust", "replace", site.address, "--fingerprint", SERVER)
    assert accepted.wait() == 0
    alice = site.start("alice", "client", "--server", site.address, stdin=False)
    assert alice.wait() == 0


def test_a_changed_person_is_neither_written_to_nor_shown(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    site.serve()
    server_fp = keys.public("server").fingerprint
    pins = Pins(site.keys_of("alice"))
    pins.add_peer(
        PeerPin(server_fp, "bob", keys.public("carol").fingerprint, Trust.TOFU, 1_700_000_000_000)
    )
    alice, bob = site.client("alice"), site.client("bob")
    alice.write("@bob can you read this?")
    warning = alice.event("warning")["text"]
    assert BOB in warning
    assert OTHER in warning
    assert "rsachat trust replace @bob" in warning
    assert "not accepted" in alice.event("undelivered")["reason"]
    bob.write("@alice shown nowhere")
    assert "nothing" in alice.event("warning")["text"]
    words = ["trust", "replace", "@bob", "--server", site.address]
    refused = site.start("alice", *words, stdin=False)
    assert refused.wait() == 4
    assert site.start("alice", *words, "--fingerprint", BOB).wait() == 0
    again = site.client("alice")
    again.write("@bob and now?")
    assert bob.event("message")["text"] == "and now?"
    assert all("shown nowhere" not in line for line in alice.stdout)
