"""Who may come in: authorize, revoke, invite and redeem, each whole or not at all."""

from __future__ import annotations

import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rsachat.errors import KeyFileError, RefusedError, RsachatError
from rsachat.protocol.invitation import Invitation, hashed_secret
from rsachat.runtime import authorization
from rsachat.runtime.authorization import Authorization
from rsachat.runtime.folder_lock import locked
from rsachat.runtime.invitations import INVITATIONS, read_invitations
from rsachat.runtime.keystore import Keystore
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public
from tests.support.power import Disk

ALICE, BOB, SERVER = (keys.public(name) for name in ("alice", "bob", "server"))
NOW = 1_795_513_917_000
DAY = 24 * 3600 * 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_pair(tmp_path / "keys", "server", "server")
    return tmp_path / "keys"


@pytest.fixture
def door(folder: Path) -> Authorization:
    return Authorization(Keystore(folder))


def authorized(folder: Path) -> dict[str, bytes]:
    return {name: fp for fp, (name, _) in Keystore(folder).authorized_keys().keys.items()}


def everything(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def invite(door: Authorization, name: str = "bob", now_ms: int = NOW) -> Invitation:
    return door.invite(name, SERVER.fingerprint, now_ms, os.urandom).invitation


def redeem(door: Authorization, code: Invitation, key: str = "bob", now_ms: int = NOW) -> bool:
    return door.redeem(hashed_secret(code.secret), code.name, keys.public(key), now_ms)


# authorize


def test_a_key_is_let_in(folder: Path, door: Authorization) -> None:
    assert door.authorize("bob", BOB)
    assert authorized(folder) == {"bob": BOB.fingerprint}
    path = folder / "bob-rsapub.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert path.read_bytes() == BOB.to_pem()


def test_the_same_again_changes_nothing(folder: Path, door: Authorization) -> None:
    door.authorize("bob", BOB)
    before = everything(folder)
    assert not door.authorize("bob", BOB)
    assert everything(folder) == before


@pytest.mark.parametrize("place", [".", "guests"])
def test_one_key_has_one_name(folder: Path, door: Authorization, place: str) -> None:
    put_public(folder / place, "ann", "bob")
    with pytest.raises(RsachatError) as caught:
        door.authorize("bob", BOB)
    assert "known as 'ann'" in caught.value.what
    assert "bob" not in authorized(folder)


def test_one_name_has_one_key(folder: Path, door: Authorization) -> None:
    put_public(folder, "bob", "alice")
    with pytest.raises(RsachatError) as caught:
        door.authorize("bob", BOB)
    assert "has a key already" in caught.value.what
    assert authorized(folder) == {"bob": ALICE.fingerprint}


def test_the_name_of_an_own_identity_is_taken(folder: Path, door: Authorization) -> None:
    put_private(folder, "bob", "alice")
    with pytest.raises(RsachatError):
        door.authorize("bob", BOB)
    assert authorized(folder) == {}


def test_something_of_no_use_under_that_name_is_not_written_over(
    folder: Path, door: Authorization
) -> None:
    (folder / "bob-rsapub.pem").symlink_to(folder / "nowhere")
    with pytest.raises(RsachatError):
        door.authorize("bob", BOB)
    assert not (folder / "nowhere").exists()


def test_the_servers_own_key_is_no_client(door: Authorization) -> None:
    with pytest.raises(RsachatError) as caught:
        door.authorize("bob", SERVER)
    assert "server's own key" in caught.value.what


def test_a_guest_of_that_name_and_key_is_taken_over(folder: Path, door: Authorization) -> None:
    put_public(folder / "guests", "bob", "bob")
    assert door.authorize("bob", BOB)
    assert authorized(folder) == {"bob": BOB.fingerprint}


@pytest.mark.parametrize("name", ["server", "all", "../x", ""])
def test_what_is_no_name_gets_no_key(folder: Path, door: Authorization, name: str) -> None:
    before = everything(folder)
    with pytest.raises(RsachatError):
        door.authorize(name, BOB)
    assert everything(folder) == before


# revoke


def test_a_revoked_key_is_moved_and_stays_out(folder: Path, door: Authorization) -> None:
    door.authorize("bob", BOB)
    done = door.revoke("bob")
    assert done.files == (folder / "revoked" / "bob-rsapub.pem",)
    assert not done.uninvited
    assert authorized(folder) == {}
    assert set(Keystore(folder).revoked_keys().keys) == {BOB.fingerprint}
    with pytest.raises(RefusedError) as caught:
        door.authorize("bob", BOB)
    assert "revoked" in caught.value.what
    assert not redeem(door, invite(door))


def test_a_guest_is_revoked_too(folder: Path, door: Authorization) -> None:
    put_public(folder / "guests", "bob", "bob")
    put_public(folder, "bob", "alice")
    assert len(door.revoke("bob").files) == 2
    store = Keystore(folder)
    assert store.guest_keys().keys == {}
    assert set(store.revoked_keys().keys) == {ALICE.fingerprint, BOB.fingerprint}


def test_a_second_one_of_that_name_keeps_the_first(folder: Path, door: Authorization) -> None:
    for key in ("bob", "alice"):
        door.authorize("bob", keys.public(key))
        door.revoke("bob")
    assert set(Keystore(folder).revoked_keys().keys) == {ALICE.fingerprint, BOB.fingerprint}


def test_a_linked_key_is_revoked_as_a_file_of_its_own(folder: Path, door: Authorization) -> None:
    put_public(folder.parent / "elsewhere", "b", "bob")
    (folder / "bob-rsapub.pem").symlink_to("../elsewhere/b-rsapub.pem")
    door.revoke("bob")
    assert set(Keystore(folder).revoked_keys().keys) == {BOB.fingerprint}
    assert not (folder / "bob-rsapub.pem").is_symlink()


def test_who_is_not_there_cannot_be_revoked(door: Authorization) -> None:
    with pytest.raises(RsachatError) as caught:
        door.revoke("bob")
    assert caught.value.exit_code == 1
    assert "rsachat keys" in caught.value.hint


def test_revoking_withdraws_the_invitation(door: Authorization) -> None:
    code = invite(door)
    assert door.revoke("bob").uninvited
    assert not redeem(door, code)


def test_a_damaged_file_of_invitations_does_not_save_a_key(
    folder: Path, door: Authorization
) -> None:
    door.authorize("bob", BOB)
    (folder / INVITATIONS).write_text("x\n")
    with pytest.raises(KeyFileError):
        door.revoke("bob")
    assert authorized(folder) == {}


# invite


def test_an_invitation_names_the_server_and_is_kept_hashed(
    folder: Path, door: Authorization
) -> None:
    made = door.invite("bob", SERVER.fingerprint, NOW, os.urandom)
    code = made.invitation
    assert (code.name, code.server) == ("bob", SERVER.fingerprint[:16])
    assert (made.expires_ms, made.replaced) == (NOW + DAY, False)
    kept = (folder / INVITATIONS).read_bytes()
    assert code.secret.hex().encode() not in kept
    assert code.code()[4:].encode() not in kept
    [waiting] = read_invitations(folder, NOW)
    assert (waiting.name, waiting.hashed) == ("bob", hashed_secret(code.secret))
    assert stat.S_IMODE((folder / INVITATIONS).stat().st_mode) == 0o600


def test_a_name_with_a_key_is_not_invited(folder: Path, door: Authorization) -> None:
    door.authorize("bob", BOB)
    with pytest.raises(RsachatError) as caught:
        invite(door)
    assert "rsachat revoke bob" in caught.value.hint
    assert not (folder / INVITATIONS).exists()


def test_a_new_invitation_takes_the_place_of_the_old(door: Authorization) -> None:
    old, other = invite(door), invite(door, "carol")
    made = door.invite("bob", SERVER.fingerprint, NOW, os.urandom)
    assert made.replaced
    assert not redeem(door, old)
    assert redeem(door, made.invitation)
    assert redeem(door, other, "carol")


# redeem


def test_an_invitation_is_used_once(folder: Path, door: Authorization) -> None:
    code = invite(door)
    assert redeem(door, code)
    assert authorized(folder) == {"bob": BOB.fingerprint}
    assert read_invitations(folder, NOW) == ()
    assert not redeem(door, code, "alice")
    assert authorized(folder) == {"bob": BOB.fingerprint}


def test_the_same_key_and_name_is_accepted_again(folder: Path, door: Authorization) -> None:
    code = invite(door)
    assert redeem(door, code)
    assert redeem(door, code)
    assert authorized(folder) == {"bob": BOB.fingerprint}


def test_one_who_was_authorized_meanwhile_spends_it_too(folder: Path, door: Authorization) -> None:
    code = invite(door)
    door.authorize("bob", BOB)
    assert redeem(door, code)
    assert read_invitations(folder, NOW) == ()


@pytest.mark.parametrize(
    ("code", "key", "now_ms"),
    [
        (Invitation("bob", bytes(16), bytes(16)), "bob", NOW),
        (None, "alice", NOW + DAY),
        (None, "server", NOW),
    ],
    ids=["no such secret", "expired", "the server's own key"],
)
def test_a_wrong_one_spends_nothing(
    folder: Path, door: Authorization, code: Invitation | None, key: str, now_ms: int
) -> None:
    right = invite(door)
    before = everything(folder)
    assert not redeem(door, code or right, key, now_ms)
    assert everything(folder) == before
    assert redeem(door, right)


@pytest.mark.parametrize("name", ["carol", "server", "all", "../x"])
def test_another_name_is_not_let_in(folder: Path, door: Authorization, name: str) -> None:
    code = invite(door)
    before = everything(folder)
    assert not door.redeem(hashed_secret(code.secret), name, BOB, NOW)
    assert everything(folder) == before


@pytest.mark.parametrize("place", [".", "guests"])
def test_a_key_with_another_name_is_not_let_in(
    folder: Path, door: Authorization, place: str
) -> None:
    put_public(folder / place, "ann", "bob")
    assert not redeem(door, invite(door))


def test_a_name_that_got_a_key_meanwhile_is_not_given_away(
    folder: Path, door: Authorization
) -> None:
    code = invite(door)
    put_public(folder, "bob", "alice")
    assert not redeem(door, code)
    assert authorized(folder) == {"bob": ALICE.fingerprint}


def test_one_of_many_at_once_gets_it(folder: Path, door: Authorization) -> None:
    code = invite(door)
    with ThreadPoolExecutor(3) as pool:
        names = ("alice", "bob", "carol")
        accepted = list(
            pool.map(lambda key: redeem(Authorization(Keystore(folder)), code, key), names)
        )
    assert accepted.count(True) == 1
    assert len(authorized(folder)) == 1


def test_a_crash_before_it_is_spent_lets_the_same_key_in_and_no_other(
    folder: Path, door: Authorization, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = invite(door)

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("rsachat.runtime.authorization.write_invitations", fail)
        with pytest.raises(KeyboardInterrupt):
            redeem(door, code)
    assert not redeem(door, code, "alice")
    assert redeem(door, code)
    assert read_invitations(folder, NOW) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_made_by_root_everything_belongs_to_the_folders_owner(
    folder: Path, door: Authorization
) -> None:
    os.chown(folder, 12345, 12346)
    door.authorize("alice", ALICE)
    invite(door)
    door.revoke("alice")
    made = [path for path in folder.rglob("*") if not path.name.startswith("server")]
    assert {path.name for path in made} >= {"revoked", "alice-rsapub.pem", INVITATIONS}
    assert {(path.stat().st_uid, path.stat().st_gid) for path in made} == {(12345, 12346)}


def test_a_name_that_no_client_may_have(door: Authorization) -> None:
    with pytest.raises(RsachatError, match="'all' is no name for a client"):
        door.authorize("all", ALICE)


def test_a_guess_does_not_wait_for_whoever_holds_the_lock(
    folder: Path, door: Authorization
) -> None:
    code = invite(door)
    with locked(folder, ".authorization.lock"):
        began = time.monotonic()
        assert not door.redeem(bytes(32), "bob", BOB, NOW)
        assert time.monotonic() - began < 0.5
    assert redeem(door, code)


def test_whose_key_is_in_is_told_so_though_the_invitation_cannot_be_removed(
    folder: Path, door: Authorization, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = invite(door)

    def full(*_: object) -> None:
        raise RsachatError("cannot write it", why="No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(authorization, "write_invitations", full)
        assert redeem(door, code)
    assert authorized(folder) == {"bob": BOB.fingerprint}
    assert not redeem(door, code, "alice"), "what is left of it lets nobody else in"
    assert redeem(door, code)


def test_a_key_that_is_called_authorized_is_on_the_disk(tmp_path: Path) -> None:
    """Whoever put it there may have been killed before its name was."""
    disk = Disk(tmp_path / "disk")
    disk.root.mkdir()
    put_pair(disk.root / "keys", "server", "server")
    with disk.followed():
        put_public(disk.root / "keys", "bob", "bob")
        assert not Authorization(Keystore(disk.root / "keys")).authorize("bob", BOB)
    disk.moments[-1].least(tmp_path / "found")
    assert (tmp_path / "found" / "keys" / "bob-rsapub.pem").exists()
