"""Changes to who may come in to a server of one keys folder (PROTOCOL 5.2 and 5.5).

Each is one step under one lock, whether the server makes it or a command beside it; the server
sees a command's when it next looks at the folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rsachat.crypto.kdf import equal
from rsachat.crypto.rsa import PublicKey
from rsachat.errors import KeyFileError, RefusedError, RsachatError
from rsachat.names import is_client_name
from rsachat.protocol.invitation import SECRET, SERVER_PREFIX, Invitation, hashed_secret
from rsachat.runtime.folder_lock import locked
from rsachat.runtime.invitations import Waiting, read_invitations, write_invitations
from rsachat.runtime.key_files import (
    PUBLIC_MODE,
    PUBLIC_SUFFIX,
    SERVER,
    read_public,
    shown,
    write_file,
)
from rsachat.runtime.keystore import REVOKED, Keystore
from rsachat.runtime.whole_file import sync_folder
from rsachat.settings import KEY_FILES

_LOCK = ".authorization.lock"
_REDEEM_PATIENCE = 1.0  # seconds: the server's loop waits meanwhile


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation; `replaced`: an earlier one of the same name counts no more."""

    invitation: Invitation
    expires_ms: int
    replaced: bool


@dataclass(frozen=True, slots=True)
class Revoked:
    """Where the key files of a name lie now, and whether an invitation was withdrawn."""

    files: tuple[Path, ...]
    uninvited: bool


class Authorization:
    """One keys folder's authorized keys and invitations, to be changed.

    Every method raises RsachatError, or the kind of it that says more: a key that may not come
    in, a folder that cannot be read or written.
    """

    def __init__(self, store: Keystore) -> None:
        self._store = store
        self._folder = store.folder

    def authorize(self, name: str, key: PublicKey) -> bool:
        """Let `key` in as `name`; False if it was already."""
        with locked(self._folder, _LOCK):
            if self._is(name, key):
                sync_folder(self._folder)  # whoever added it may have died before
                return False
            self._add(name, key)
        return True

    def revoke(self, name: str) -> Revoked:
        """Move the keys of `name`, a guest's too, to where no server admits them."""
        with locked(self._folder, _LOCK):
            store = self._store
            places = store.public_path(name), store.guest_path(name)
            paths = [path for path in places if os.path.lexists(path)]
            files = tuple(self._put_away(name, path) for path in paths)
            uninvited = self._withdraw(name)
        if not files and not uninvited:
            what = f"no '{name}' is authorized in {shown(self._folder)}"
            raise RsachatError(what, hint="rsachat keys shows who is")
        return Revoked(files, uninvited)

    def invite(
        self, name: str, server_fp: bytes, now_ms: int, random: Callable[[int], bytes]
    ) -> Invited:
        """Make an invitation for `name`, which has no key yet. `now_ms` is Unix ms."""
        with locked(self._folder, _LOCK):
            self._refuse_taken(name)
            waiting = read_invitations(self._folder, now_ms)
            others = [one for one in waiting if one.name != name]
            invitation = Invitation(name, random(SECRET), server_fp[:SERVER_PREFIX])
            expires_ms = now_ms + KEY_FILES.invitation_ms
            new = Waiting(name, hashed_secret(invitation.secret), expires_ms)
            write_invitations(self._folder, [*others, new])
        return Invited(invitation, expires_ms, len(others) < len(waiting))

    def redeem(self, hashed: bytes, name: str, key: PublicKey, now_ms: int) -> bool:
        """Let `key` in as `name` if that was invited under a secret that hashes to `hashed`.

        Spends the invitation; a wrong one spends nothing. True again for the same key and name.
        """
        if not self._invited(hashed, name, now_ms) and not self._is(name, key):
            return False  # without the lock: a guess does not wait for whoever holds it
        with locked(self._folder, _LOCK, _REDEEM_PATIENCE):
            invited = self._invited(hashed, name, now_ms)
            if not self._is(name, key) and not (invited and self._may_add(name, key)):
                return False
            if invited:
                self._spend(hashed, now_ms)
        return True

    def _invited(self, hashed: bytes, name: str, now_ms: int) -> bool:
        waiting = read_invitations(self._folder, now_ms)
        return any(equal(one.hashed, hashed) and one.name == name for one in waiting)

    def _spend(self, hashed: bytes, now_ms: int) -> None:
        """Whose key is in can do nothing more with an invitation that cannot be removed."""
        waiting = read_invitations(self._folder, now_ms)
        with suppress(RsachatError):
            write_invitations(self._folder, [w for w in waiting if not equal(w.hashed, hashed)])

    def _may_add(self, name: str, key: PublicKey) -> bool:
        """Add the key, unless something is against it."""
        try:
            self._refuse(name, key)
        except KeyFileError:
            raise
        except RsachatError:
            return False
        self._store.add_public(name, key)
        return True

    def _add(self, name: str, key: PublicKey) -> None:
        self._refuse(name, key)
        self._store.add_public(name, key)

    def _refuse(self, name: str, key: PublicKey) -> None:
        self._refuse_known(name, key)
        self._refuse_taken(name)

    def _is(self, name: str, key: PublicKey) -> bool:
        """Whether this key comes in under this name already; a revoked one does not."""
        known = self._store.authorized_keys().keys.get(key.fingerprint)
        return known is not None and known[0] == name

    def _refuse_known(self, name: str, key: PublicKey) -> None:
        """Raises for a key that was revoked, is the server's, or has another name."""
        store = self._store
        revoked = store.revoked_keys()
        if key.fingerprint in revoked.keys:
            raise RefusedError(
                "this key was revoked",
                why=f"it lies in {shown(revoked.files[key.fingerprint])}",
                hint="to admit it again, remove that file first",
            )
        if store.public_key(SERVER) == key:
            raise RsachatError("this is the server's own key", hint="each client needs its own")
        for table in (store.authorized_keys(), store.guest_keys()):
            other, _ = table.keys.get(key.fingerprint, (name, key))
            if other != name:
                raise RsachatError(
                    f"this key is known as '{other}'",
                    why=f"one key has one name; it lies in {shown(table.files[key.fingerprint])}",
                    hint="rename that file to give it another name",
                )

    def _refuse_taken(self, name: str) -> None:
        """Raises if `name` has a key; a guest's does not count, for one in the folder wins."""
        store = self._store
        if not is_client_name(name):
            hint = "1 to 32 of a-z 0-9 - _, and not 'server'"
            raise RsachatError(f"'{name}' is no name for a client", hint=hint)
        for path in (store.public_path(name), store.private_path(name)):
            if os.path.lexists(path):
                raise RsachatError(
                    f"'{name}' has a key already",
                    why=f"it lies in {shown(path)}",
                    hint=f"choose another name, or first: rsachat revoke {name}",
                )

    def _put_away(self, name: str, path: Path) -> Path:
        """Copy first, then remove: at no moment is the key neither here nor revoked."""
        data = read_public(path)
        for number in count(1):
            ending = "" if number == 1 else f".{number}"
            target = self._folder / REVOKED / f"{name}{ending}{PUBLIC_SUFFIX}"
            if not os.path.lexists(target):
                break
        write_file(target, data, PUBLIC_MODE, exclusive=True)
        path.unlink()
        sync_folder(path.parent)
        return target

    def _withdraw(self, name: str) -> bool:
        waiting = read_invitations(self._folder, 0)
        others = [one for one in waiting if one.name != name]
        if len(others) < len(waiting):
            write_invitations(self._folder, others)
        return len(others) < len(waiting)
