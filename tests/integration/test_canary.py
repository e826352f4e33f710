"""A message leaves no trace on its way (SECURITY S18), and those who look could find one.

Two real clients talk through a real server, each over a recorded connection. The clients note
down their ephemeral secrets, which no attacker has: with them the recording has to open.
"""

import base64
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rsachat.protocol import messages as m
from tests.support import keys, memory
from tests.support.program import Process, Site
from tests.support.transcript import ROOT
from tests.support.wiretap import Attacker, Tap

pytestmark = pytest.mark.slow

CANARY = f"canary-{secrets.token_hex(16)}"
SENDER, RECIPIENT = f"sender{secrets.token_hex(8)}", f"recipient{secrets.token_hex(8)}"
RSA_KEYS = [keys.private(name) for name in ("server", "alice", "bob")]
NEEDLES = memory.forms(CANARY)


@dataclass
class Scene:
    """After the message was shown and its receipt has come back; all still run."""

    site: Site
    server: Process
    sender: Process
    recipient: Process
    taps: dict[str, Tap]

    def secrets_of(self, *names: str) -> list[bytes]:
        """The ephemeral secrets that these clients had."""
        files = [self.site.root / f"{name}.secrets" for name in names]
        return [bytes.fromhex(line) for file in files for line in file.read_text().split()]

    def attacked(self, *names: str, ephemeral: list[bytes]) -> Attacker:
        attacker = Attacker(RSA_KEYS, ephemeral)
        for name in names:
            tap = self.taps[name]
            attacker.work_on(bytes(tap.to_server), bytes(tap.to_client))
        return attacker


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    site = Site(tmp_path_factory.mktemp("canary"))
    site.person(SENDER, "alice")
    site.person(RECIPIENT, "bob")
    server = site.serve("--workers", "2", "--log-file", "notices.log")
    taps = {name: Tap(site.address) for name in (SENDER, RECIPIENT)}
    try:
        sender, recipient = (telling_client(site, name, taps[name]) for name in taps)
        sender.write(f"@{RECIPIENT} {CANARY}")
        assert recipient.event("message")["text"] == CANARY
        sender.event("delivered")
        yield Scene(site, server, sender, recipient, taps)
    finally:
        site.clean_up()
        for tap in taps.values():
            tap.close()


def telling_client(site: Site, name: str, tap: Tap) -> Process:
    """A client behind a tap that writes down its ephemeral secrets."""
    program = [sys.executable, "-m", "tests.support.telling_child"]
    client = site.start(
        name,
        *(str(site.root / f"{name}.secrets"), "client", "--server", tap.address),
        *("--name", name, "--json", "--listen"),
        program=program,
        env={"PYTHONPATH": str(ROOT)},
    )
    client.event("connected")
    return client


def found_in(process: Process, needles: dict[str, bytes]) -> set[str]:
    """In the process and all that it started; skips where one may not look."""
    try:
        pids = [process.pid, *process.children()]
        return set().union(*(memory.in_process(pid, needles) for pid in pids))
    except PermissionError as error:
        pytest.skip(f"another process's memory may not be read here: {error}")


def test_the_servers_memory_holds_none_of_it(scene: Scene) -> None:
    """The recipient's does, and the server's holds the sender's name: the search would find it."""
    assert len(scene.server.children()) >= 2
    assert "utf-8" in found_in(scene.recipient, NEEDLES)
    assert "utf-8" in found_in(scene.server, memory.forms(SENDER))
    assert found_in(scene.server, NEEDLES) == set()


def test_no_file_and_no_log_holds_any_of_it(scene: Scene) -> None:
    server = scene.site.machine("server")
    said = "".join([*scene.server.stdout, scene.server.errors]).encode()
    assert memory.in_files(scene.site.root, NEEDLES) == set()
    assert memory.in_bytes(said, NEEDLES) == set()
    name = {"name": SENDER.encode()}
    assert "name in notices.log" in memory.in_files(server, name)
    assert memory.in_bytes(said, name) == {"name"}


def test_the_recording_holds_none_of_it_and_no_name(scene: Scene) -> None:
    needles = NEEDLES | memory.forms(SENDER) | memory.forms(RECIPIENT)
    for tap in scene.taps.values():
        recorded = bytes(tap.to_server + tap.to_client)
        assert len(recorded) > 5000
        assert memory.in_bytes(recorded, needles) == set()


def test_all_long_term_keys_do_not_open_the_recording(scene: Scene) -> None:
    attacker = scene.attacked(SENDER, RECIPIENT, ephemeral=[])
    assert (attacker.messages, attacker.shares, attacker.texts) == ([], [], [])


def test_neither_do_they_with_the_hops_open_as_they_are_to_the_server(scene: Scene) -> None:
    """The RSA share of the session is theirs then, the rest of its key is not."""
    of_hops = [scene.secrets_of(name)[0] for name in scene.taps]
    attacker = scene.attacked(SENDER, RECIPIENT, ephemeral=of_hops)
    sent = [x for x in attacker.messages if isinstance(x, m.ChatSend)]
    assert len(sent) >= 3  # INIT and MSG, and the recipient's RECEIPT
    assert len(attacker.shares) == 2  # of the one INIT, on either hop
    assert attacker.texts == []


@pytest.mark.parametrize("hop", [SENDER, RECIPIENT], ids=["sender", "recipient"])
def test_the_ephemeral_keys_open_it(scene: Scene, hop: str) -> None:
    attacker = scene.attacked(hop, ephemeral=scene.secrets_of(hop))
    assert attacker.texts == [CANARY]


def test_but_not_without_the_recipients_rsa_key(scene: Scene) -> None:
    attacker = Attacker([keys.private("server"), keys.private("alice")], scene.secrets_of(SENDER))
    tap = scene.taps[SENDER]
    attacker.work_on(bytes(tap.to_server), bytes(tap.to_client))
    assert attacker.messages != []
    assert (attacker.shares, attacker.texts) == ([], [])


@pytest.mark.parametrize("encoded", NEEDLES.values(), ids=NEEDLES)
def test_the_search_finds_every_form(encoded: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before" + encoded + b"after")
    assert memory.in_files(tmp_path, NEEDLES)


@pytest.mark.parametrize("before", [b"", b"a", b"ab"])
def test_base64_is_found_wherever_it_begins(before: bytes) -> None:
    for after in (b"", b"z", b"zz"):
        coded = base64.b64encode(before + CANARY.encode() + after)
        assert memory.in_bytes(coded, NEEDLES)
