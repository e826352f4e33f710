"""`--reconnect` between real processes: a lost server comes back, nothing is lost or doubled."""

import signal

from tests.support.program import Site


def test_texts_written_while_the_server_is_gone_arrive_once(site: Site) -> None:
    site.person("alice")
    site.person("bob")
    server = site.serve()
    port = site.address.rsplit(":", 1)[1]
    alice, bob = site.client("alice", "--reconnect"), site.client("bob", "--reconnect")
    alice.write("@bob before")
    assert bob.event("message")["text"] == "before"
    alice.event("delivered")
    server.kill()
    lost = alice.event("reconnecting")
    assert lost["attempt"] == 1
    assert 0.5 <= lost["seconds"] <= 1.5
    bob.event("reconnecting")
    alice.write("@bob meanwhile")
    site.serve(port=port)
    bob.event("connected")
    alice.event("connected")
    arrived = bob.event("message")
    assert arrived["text"] == "meanwhile"
    assert alice.event("delivered")["id"] == arrived["id"]
    alice.write("quit")
    assert alice.wait() == 0
    assert sum('"text":"meanwhile"' in line for line in bob.stdout) == 1


def test_leaving_in_the_pause_ends_and_names_what_was_not_sent(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    alice = site.client("alice", "--reconnect")
    server.kill()
    alice.event("reconnecting")
    alice.write("@bob never sent")
    alice.write("@bob nor this")
    alice.signal(signal.SIGINT)
    assert alice.wait() == 0
    assert "never sent" in "".join(alice.stdout) + alice.errors


def test_without_it_a_lost_connection_ends_the_chat(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    alice = site.client("alice")
    server.kill()
    assert alice.wait() == 3


def test_a_server_that_was_never_there_is_not_waited_for(site: Site) -> None:
    site.person("alice")
    server = site.serve()
    server.kill()
    alice = site.start("alice", "client", "--server", site.address, "--reconnect")
    assert alice.wait() == 3
