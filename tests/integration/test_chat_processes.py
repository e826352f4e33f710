"""Chat between real processes: a server and its clients."""

import os
import signal
import socket
import time

import pytest

from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Site, until


def test_two_people_talk_both_ways(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    server = site.serve()
    alice, bob = site.client("alice"), site.client("bob")
    for count in (1, 2):
        assert server.event("connected")["clients"] == count
    for line, text in (
        (f"{bob.address}/Hello World", "Hello World"),
        (f"{bob.address}\\back\\slash", "back\\slash"),
        ("@bob a:b/c|d \\ 漢字🙂 é", "a:b/c|d \\ 漢字🙂 é"),
    ):
        alice.write(line)
        arrived = bob.event("message")
        assert arrived["text"] == text
        assert arrived["from"]["name"] == "alice"
        assert arrived["from"]["address"] == alice.address
        sent = alice.event("sent")
        assert alice.event("delivered")["id"] == sent["id"] == arrived["id"]
    bob.write("@alice and back")
    assert alice.event("message")["text"] == "and back"


def test_sixty_kib_of_text_arrive_and_more_is_refused(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    site.serve()
    alice, bob = site.client("alice"), site.client("bob")
    longest = "é" * 30_720
    alice.write(f"@bob {longest}")
    assert bob.event("message")["text"] == longest
    alice.write(f"@bob {longest}x")
    assert "too long" in alice.event("undelivered")["reason"]
    alice.write("@bob still here")
    assert bob.event("message")["text"] == "still here"


def test_the_classic_set_up_with_one_shared_key(site: Site) -> None:
    """All clients and the server in one folder, one `client` key for everybody."""
    put_pair(site.keys_of("server"), "client", "alice")
    site.serve()
    first, second, third = (site.client("server") for _ in range(3))
    first.write(f"{second.address}/only you")
    assert second.event("message")["text"] == "only you"
    first.write("@client all of you")
    assert second.event("message")["text"] == "all of you"
    assert third.event("message")["text"] == "all of you"
    delivered = [first.event("delivered") for _ in range(3)]
    assert delivered[-1]["delivered"] == delivered[-1]["total"] == 2


def test_unknown_and_vanished_recipients_are_named(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    site.serve()
    alice, bob = site.client("alice"), site.client("bob")
    alice.write("127.0.0.1:1/nobody", "@carol nobody", "plain")
    reasons = [alice.event("undelivered")["reason"] for _ in range(3)]
    assert "not connected" in reasons[0] or "not connected" in reasons[1]
    assert any("nobody is chosen" in reason for reason in reasons)
    alice.write("@bob you are there")
    alice.event("delivered")
    bob.kill()
    alice.event("left")
    alice.write("@bob you have gone")
    assert "not connected" in alice.event("undelivered")["reason"]
    alice.write(f"{alice.address}/me")
    assert alice.event("undelivered")["reason"] == "that is you"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_server_says_goodbye_and_everybody_leaves(site: Site, number: signal.Signals) -> None:
    site.person("alice")
    site.person("bob")
    server = site.serve()
    clients = [site.client("alice"), site.client("bob"), site.client("bob")]
    workers = server.children()
    assert workers
    began = time.monotonic()
    server.signal(number)
    assert server.wait(20) == 0
    assert time.monotonic() - began < 20  # two seconds, on a machine of its own
    for client in clients:
        assert client.wait() == 0
    for client in clients:
        assert '"event":"closed"' in client.stdout[-1]
        assert '"orderly":true' in client.stdout[-1]
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers))


def test_a_killed_server_is_a_lost_connection(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    alice = site.client("alice")
    server.kill()
    assert alice.wait() == 3
    assert "hint:" in alice.errors
    assert "Traceback" not in alice.errors


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_leaving_by_a_signal_is_done(site: Site, number: signal.Signals) -> None:
    site.person("alice")
    server = site.serve()
    alice = site.client("alice")
    alice.signal(number)
    assert alice.wait() == 0
    gone = server.event("disconnected")
    assert (gone["reason"], gone["clients"]) == ("quit", 0)


def test_a_pipe_leaves_when_everything_is_delivered(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    site.serve()
    bob = site.client("bob")
    lines = [f"line {i}: quit /x @y 1.2.3.4:5/z" for i in range(300)]
    alice = site.start("alice", "client", "--server", site.address, "--to", "bob")
    alice.write(*lines)
    alice.close_stdin()
    assert alice.wait(50) == 0
    assert [bob.event("message")["text"] for _ in lines] == lines


def test_a_pipe_whose_text_reached_nobody_fails(site: Site) -> None:
    site.person("alice")
    site.serve()
    alice = site.start("alice", "client", "--server", site.address, "--to", "bob")
    alice.write("anybody?")
    alice.close_stdin()
    assert alice.wait() == 1
    assert "not connected" in alice.errors
    assert "anybody?" in alice.errors


def test_listening_in_plain_lines(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    site.serve()
    bob = site.start("bob", "client", "--server", site.address, "--listen", stdin=False)
    until(lambda: "connected to" in bob.errors)
    alice = site.client("alice")
    alice.write("@bob Hello World")
    line = bob.line()
    assert line.endswith(f" alice {alice.address}: Hello World\n")
    assert "\x1b" not in line + bob.errors


def test_a_bound_port_is_usable_again_right_after_leaving(site: Site) -> None:
    site.person("alice")
    site.serve()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for _ in range(2):
        alice = site.client("alice", "--bind", str(port))
        assert alice.address == f"127.0.0.1:{port}"
        alice.write("quit")
        assert alice.wait() == 0


def test_garbage_on_the_port_costs_one_line_and_nobody_else(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    server = site.serve()
    alice, bob = site.client("alice"), site.client("bob")
    host, port = site.address.rsplit(":", 1)
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(5000),
        b"\x16\x03\x01\x02\x00",
        b"RSACHAT",
    ):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(garbage)
        server.event("refused")
    alice.write("@bob undisturbed")
    assert bob.event("message")["text"] == "undisturbed"


def test_a_reader_that_goes_away_ends_the_client_quietly(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    site.serve()
    reader, writer = os.pipe()
    bob = site.start(
        "bob", "client", "--server", site.address, "--listen", stdin=False, stdout=writer
    )
    os.close(writer)
    until(lambda: "connected to" in bob.errors)
    alice = site.client("alice")
    alice.write("@bob one")
    assert b"one" in os.read(reader, 1000)
    os.close(reader)
    alice.write("@bob two")
    assert bob.wait() == 0
    assert "Traceback" not in bob.errors


def test_a_person_authorized_while_the_server_runs_comes_in(site: Site) -> None:
    server = site.serve()
    put_pair(site.keys_of("carol"), "carol", "carol")
    put_public(site.keys_of("carol"), "server", "server")
    refused = site.start("carol", "client", "--server", site.address)
    assert refused.wait() == 4
    server.event("refused")
    put_public(site.keys_of("server"), "carol", "carol")
    carol = site.client("carol")
    (site.keys_of("server") / "carol-rsapub.pem").unlink()
    assert carol.wait() == 4
    assert server.event("disconnected")["name"] == "carol"


def test_an_open_server_admits_a_stranger_by_a_free_name(site: Site) -> None:
    site.serve("--open")
    put_pair(site.keys_of("carol"), "carol", "carol")
    put_public(site.keys_of("carol"), "server", "server")
    carol = site.start("carol", "client", "--server", site.address, "--json", "--listen")
    assert carol.event("connected")["name"] == "carol"
    assert (site.keys_of("server") / "guests" / "carol-rsapub.pem").exists()
