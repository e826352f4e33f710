"""Who may come in, as the keys folder says at this moment."""

import os
import time
from pathlib import Path

import pytest

from rsachat.errors import KeyFileError
from rsachat.protocol.invitation import hashed_secret
from rsachat.runtime import key_files
from rsachat.runtime.authorization import Authorization
from rsachat.runtime.folder_lock import locked
from rsachat.runtime.key_ring import KeyRingSource
from rsachat.runtime.keystore import Keystore
from rsachat.server.events import Redeemed
from tests.support import keys
from tests.support.keyfolder import put_pair, put_public

ALICE, BOB = (keys.public(name).fingerprint for name in ("alice", "bob"))


DAY = 24 * 3600.0


def no_space(*_: object, **__: object) -> None:
    raise OSError(28, os.strerror(28))


class Ring:
    def __init__(self, folder: Path, *, guests_come: bool = False) -> None:
        put_pair(folder, "server", "server")
        self.folder = folder
        self.warned: list[str] = []
        self.now = time.time()
        store = Keystore(folder)
        self.source = KeyRingSource(
            store, self.warned.append, guests_come=guests_come, clock=lambda: self.now
        )

    def later(self, days: float) -> dict[bytes, str]:
        """The guests when so much time has gone by, if the folder is looked at then."""
        self.now += days * DAY
        assert self.source.changed()
        return dict(self.source.load().guests)


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path / "keys")


def test_public_keys_of_the_folder_may_come_in_but_the_servers_own(ring: Ring) -> None:
    put_public(ring.folder, "alice", "alice")
    assert dict(ring.source.load().authorized) == {ALICE: "alice"}
    assert not ring.warned


def test_a_change_is_seen_once(ring: Ring) -> None:
    ring.source.load()
    assert not ring.source.changed()
    put_public(ring.folder, "bob", "bob")
    assert ring.source.changed()
    assert dict(ring.source.load().authorized) == {BOB: "bob"}
    assert not ring.source.changed()
    (ring.folder / "bob-rsapub.pem").unlink()
    assert ring.source.changed()
    assert not ring.source.load().authorized


def test_an_unchanged_folder_is_not_read_again(ring: Ring) -> None:
    """Every stranger's key has the folder looked at before it is refused."""
    put_public(ring.folder, "alice", "alice")
    first = ring.source.load()
    assert ring.source.load() is first
    put_public(ring.folder, "bob", "bob")
    assert set(ring.source.load().authorized) == {ALICE, BOB}


def test_a_folder_that_could_not_be_read_is_read_when_it_can(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_public(ring.folder, "alice", "alice")

    def closed(_: Keystore) -> None:
        raise KeyFileError("cannot look into the keys folder")

    with monkeypatch.context() as patched:
        patched.setattr(Keystore, "revoked_keys", closed)
        assert not ring.source.load().authorized
    assert ring.source.changed()
    assert dict(ring.source.load().authorized) == {ALICE: "alice"}


def test_a_revoked_key_is_listed_as_such(ring: Ring) -> None:
    put_public(ring.folder / "revoked", "alice", "alice")
    assert ring.source.load().revoked == {ALICE}


def test_a_guest_is_stored_and_found_again(ring: Ring) -> None:
    ring.source.load()
    ring.source.store_guest("gus", keys.public("bob").spki)
    assert ring.source.changed()
    assert dict(ring.source.load().guests) == {BOB: "gus"}
    assert dict(Ring(ring.folder).source.load().guests) == {BOB: "gus"}


def test_a_guest_unseen_for_30_days_is_forgotten(tmp_path: Path) -> None:
    ring = Ring(tmp_path / "keys", guests_come=True)
    ring.source.store_guest("gus", keys.public("bob").spki)
    assert ring.later(days=29.9) == {BOB: "gus"}
    ring.source.see_guest("gus")
    assert ring.later(days=29.9) == {BOB: "gus"}, "counted from the last time"
    assert not ring.warned
    assert not ring.later(days=1.1)
    assert list((ring.folder / "guests").iterdir()) == []
    (said,) = ring.warned
    assert said.endswith("gus-rsapub.pem is removed: this guest was not seen for 30 days")
    assert not Ring(ring.folder).source.load().guests


def test_a_guest_that_comes_every_minute_is_written_down_once_a_day(tmp_path: Path) -> None:
    """Whatever is written there has the whole folder read anew."""
    ring = Ring(tmp_path / "keys", guests_come=True)
    ring.source.store_guest("gus", keys.public("bob").spki)
    ring.source.load()
    ring.source.see_guest("gus")
    assert not ring.source.changed()
    ring.source.see_guest("nobody")
    assert not ring.source.changed()


def test_a_closed_server_takes_no_name_back(ring: Ring) -> None:
    ring.source.store_guest("gus", keys.public("bob").spki)
    assert ring.later(days=365) == {BOB: "gus"}


def test_what_is_wrong_is_said_once_and_stops_nobody(ring: Ring) -> None:
    (ring.folder / "eve-rsapub.pem").write_text("no key at all")
    put_public(ring.folder, "alice", "alice")
    for _ in range(3):
        assert dict(ring.source.load().authorized) == {ALICE: "alice"}
    assert len(ring.warned) == 1


def test_a_folder_that_cannot_be_read_keeps_the_last_ring(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_public(ring.folder, "alice", "alice")
    before = ring.source.load()

    def gone(_: Keystore) -> None:
        raise KeyFileError("cannot read the keys folder")

    monkeypatch.setattr(Keystore, "snapshot", gone)
    assert ring.source.changed()
    assert ring.source.load() == before
    assert ring.warned == ["cannot read the keys folder"]


def test_a_guest_that_cannot_be_stored_is_said(ring: Ring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Keystore, "store_guest", no_space)
    ring.source.store_guest("gus", keys.public("bob").spki)
    (warning,) = ring.warned
    assert warning == "the guest name gus cannot be stored: No space left on device"
    put_public(ring.folder, "alice", "alice")
    assert dict(ring.source.load().guests) == {BOB: "gus"}, "as long as this server runs"


def test_an_invitation_is_a_change_and_is_redeemed_once(ring: Ring) -> None:
    ring.source.load()
    door = Authorization(Keystore(ring.folder))
    now_ms = time.time_ns() // 1_000_000
    invitation = door.invite("bob", bytes(32), now_ms, os.urandom).invitation
    assert ring.source.changed()
    hashed = hashed_secret(invitation.secret)
    redeem, bob, alice = ring.source.redeem, keys.public("bob").spki, keys.public("alice").spki
    assert redeem(bytes(32), "bob", bob) is Redeemed.REFUSED
    assert redeem(hashed, "bob", bob) is Redeemed.ACCEPTED
    assert redeem(hashed, "bob", alice) is Redeemed.REFUSED
    assert dict(ring.source.load().authorized) == {BOB: "bob"}
    assert not ring.warned


def test_a_command_that_was_stopped_in_its_step_does_not_hold_up_the_server(ring: Ring) -> None:
    door = Authorization(Keystore(ring.folder))
    now_ms = time.time_ns() // 1_000_000
    hashed = hashed_secret(door.invite("bob", bytes(32), now_ms, os.urandom).invitation.secret)
    with locked(ring.folder, ".authorization.lock"):
        began = time.monotonic()
        outcome = ring.source.redeem(hashed, "bob", keys.public("bob").spki)
        assert outcome is Redeemed.FAILED
        assert time.monotonic() - began < 5.0
    [warning] = ring.warned
    assert warning.startswith("the invitation of bob cannot be redeemed: cannot write ")


def test_a_damaged_file_of_invitations_lets_nobody_in_and_is_said(ring: Ring) -> None:
    (ring.folder / "invitations").write_text("x\n")
    outcome = ring.source.redeem(bytes(32), "bob", keys.public("bob").spki)
    assert outcome is Redeemed.FAILED
    [warning] = ring.warned
    assert "line 1 of" in warning


def test_a_key_that_cannot_be_stored_spends_no_invitation(
    ring: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring.source.load()
    now_ms = time.time_ns() // 1_000_000
    door = Authorization(Keystore(ring.folder))
    hashed = hashed_secret(door.invite("bob", bytes(32), now_ms, os.urandom).invitation.secret)
    bob = keys.public("bob").spki
    with monkeypatch.context() as full:
        full.setattr(key_files, "write_whole", no_space)
        assert ring.source.redeem(hashed, "bob", bob) is Redeemed.FAILED
    [warning] = ring.warned
    assert warning.endswith("No space left on device")
    assert ring.source.redeem(hashed, "bob", bob) is Redeemed.ACCEPTED
