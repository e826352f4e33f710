"""Pins: what a line says, that first contact never overwrites, that damage is never skipped."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import KeyFileError
from rsachat.runtime import whole_file
from rsachat.runtime.pins import PeerPin, Pins, ServerPin, ToldName, Trust
from tests.support.power import Disk

A, B, C = bytes(32), bytes([1]) * 32, bytes(range(32))
NOW = 1_795_513_917_000  # 2026-11-24T09:51:57Z
SERVER = ServerPin("127.0.0.1:8000", A, Trust.TOFU, NOW)
BOB = PeerPin(A, "bob", B, Trust.VERIFIED, NOW)
TOLD = ToldName(A, B, "alice", NOW)


@pytest.fixture
def pins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pins:
    monkeypatch.chdir(tmp_path)
    return Pins(Path("keys"))


def text(pins: Pins, file: str) -> str:
    return (pins.folder / file).read_text()


def test_nothing_is_known_at_first(pins: Pins) -> None:
    assert pins.server("127.0.0.1:8000") is None
    assert pins.peers(A) == ()
    assert pins.told_name(A, B) is None
    assert not pins.folder.exists()


def test_the_lines_as_they_stand_in_the_files(pins: Pins) -> None:
    pins.add_server(SERVER)
    pins.add_server(replace(SERVER, address="[::1]:8000", fp=C, trust=Trust.VERIFIED))
    pins.add_peer(BOB)
    pins.add_name(TOLD)
    a, b, c = map(fingerprint_text, (A, B, C))
    assert text(pins, "known_servers") == (
        f"127.0.0.1:8000 {a} tofu 2026-11-24T09:51:57Z\n"
        f"[::1]:8000 {c} verified 2026-11-24T09:51:57Z\n"
    )
    assert text(pins, "known_peers") == f"{a} bob {b} verified 2026-11-24T09:51:57Z\n"
    assert text(pins, "known_names") == f"{a} {b} alice 2026-11-24T09:51:57Z\n"
    for file in ("known_servers", "known_peers", "known_names"):
        assert stat.S_IMODE((pins.folder / file).stat().st_mode) == 0o600


def test_what_was_written_is_read(pins: Pins) -> None:
    pins.add_server(SERVER)
    pins.add_peer(BOB)
    pins.add_name(TOLD)
    again = Pins(pins.folder)
    assert again.server("127.0.0.1:8000") == SERVER
    assert again.peers(A) == (BOB,)
    assert again.peers(B) == ()
    assert again.told_name(A, B) == "alice"
    assert again.told_name(B, B) is None


def test_first_contact_never_overwrites(pins: Pins) -> None:
    pins.add_server(SERVER)
    assert pins.add_server(replace(SERVER, fp=B)) == SERVER
    assert pins.server(SERVER.address) == SERVER
    pins.add_peer(BOB)
    assert pins.add_peer(replace(BOB, fp=C)) == BOB  # another key for the name
    assert pins.add_peer(replace(BOB, name="carol")) == BOB  # another name for the key
    assert pins.add_peer(replace(BOB, server=C)).server == C  # another server is another book
    assert pins.peers(A) == (BOB,)
    pins.add_name(TOLD)
    assert pins.add_name(replace(TOLD, name="mallory")) == TOLD


def test_replacing_is_explicit_and_leaves_one_pin(pins: Pins) -> None:
    carol = replace(BOB, name="carol", fp=C)
    for pin in (BOB, carol):
        pins.add_peer(pin)
    swapped = replace(BOB, fp=C, trust=Trust.TOFU)
    pins.replace_peer(swapped)
    assert pins.peers(A) == (swapped,)
    pins.add_server(SERVER)
    pins.replace_server(replace(SERVER, fp=C))
    assert [pin.fp for pin in pins.servers()] == [C]


def test_removing_says_whether_there_was_one(pins: Pins) -> None:
    pins.add_server(SERVER)
    pins.add_peer(BOB)
    assert pins.remove_server(SERVER.address)
    assert not pins.remove_server(SERVER.address)
    assert pins.remove_peer(A, "bob")
    assert not pins.remove_peer(A, "bob")
    assert (pins.servers(), pins.all_peers()) == ((), ())


GOOD = f"h:1 {fingerprint_text(A)} tofu 2026-11-24T09:51:57Z"


def put(pins: Pins, content: bytes) -> None:
    pins.folder.mkdir(exist_ok=True)
    (pins.folder / "known_servers").write_bytes(content)


def test_remarks_and_empty_lines_are_no_damage_and_remarks_stay(pins: Pins) -> None:
    put(pins, f"# mine\n\n  {GOOD.replace(' ', '   ')}  \r\n#x".encode())
    assert [pin.address for pin in pins.servers()] == ["h:1"]
    pins.remove_server("h:1")
    assert text(pins, "known_servers") == "# mine\n#x\n"


@pytest.mark.parametrize(
    "line",
    [
        "h:1",
        GOOD + " more",
        GOOD.replace("tofu", "trusted"),
        GOOD.replace("2026-11-24T09:51:57Z", "yesterday"),
        GOOD.replace("Z", ""),
        GOOD.replace("aaaa-", "", 1),
        GOOD.replace("aaaa", "é", 1),
        GOOD,
        "\x00\xff",
    ],
)
def test_a_damaged_line_stops_with_its_number(pins: Pins, line: str) -> None:
    put(pins, f"{GOOD}\n\n{line}\n".encode("latin-1"))
    with pytest.raises(KeyFileError) as caught:
        pins.server("elsewhere:1")
    assert caught.value.what == "line 3 of ./keys/known_servers is damaged"
    assert caught.value.exit_code == 5
    with pytest.raises(KeyFileError):
        pins.add_server(SERVER)
    assert (pins.folder / "known_servers").read_bytes() == f"{GOOD}\n\n{line}\n".encode("latin-1")


def test_a_damaged_name_is_damage(pins: Pins) -> None:
    pins.folder.mkdir()
    a = fingerprint_text(A)
    (pins.folder / "known_peers").write_text(f"{a} Bob {a} tofu 2026-11-24T09:51:57Z\n")
    (pins.folder / "known_names").write_text(f"{a} {a} b/b 2026-11-24T09:51:57Z\n")
    with pytest.raises(KeyFileError):
        pins.peers(A)
    with pytest.raises(KeyFileError):
        pins.told_name(A, A)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_pins_or_the_one_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    pins = Pins(tmp_path_factory.getbasetemp() / "fuzz")
    put(pins, content)
    problem = ""
    try:
        pins.servers()
    except KeyFileError as error:
        problem = error.what
    assert problem == "" or "known_servers is damaged" in problem


def test_many_writers_lose_nothing(pins: Pins) -> None:
    def pin(number: int) -> None:
        Pins(pins.folder).add_server(replace(SERVER, address=f"h:{number}"))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(pin, range(32)))
    assert {pin.address for pin in pins.servers()} == {f"h:{number}" for number in range(32)}
    assert sorted(os.listdir(pins.folder)) == [".known.lock", "known_servers"]


def test_a_pin_that_a_killed_program_wrote_is_on_the_disk_when_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    pins = Pins(disk.root / "keys")

    def killed(_folder: Path) -> None:
        raise KeyboardInterrupt

    with disk.followed():
        pins.add_name(TOLD)
        with monkeypatch.context() as death:
            death.setattr(whole_file, "sync_folder", killed)
            with pytest.raises(KeyboardInterrupt):
                pins.add_peer(BOB)
        assert pins.add_peer(BOB) == BOB
    disk.moments[-1].least(tmp_path / "found")
    assert Pins(tmp_path / "found" / "keys").peers(BOB.server) == (BOB,)
