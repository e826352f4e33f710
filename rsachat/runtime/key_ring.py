"""Who may come in, read from the keys folder when something there has changed."""

import time
from collections.abc import Callable
from contextlib import suppress

from rsachat.crypto.rsa import PublicKey
from rsachat.errors import KeyFileError, RsachatError
from rsachat.runtime.authorization import Authorization
from rsachat.runtime.file_errors import why
from rsachat.runtime.guests import DAY, forget_unseen, note_seen
from rsachat.runtime.key_files import shown
from rsachat.runtime.keystore import Keystore, Stamp
from rsachat.server.events import KeyRing, Redeemed


class KeyRingSource:
    """Loads key rings. `warn` is told once about each thing that is wrong in the folder.

    `guests_come` on an open server, which gives names away and takes them back. `clock` gives
    wall-clock seconds.
    """

    def __init__(
        self,
        store: Keystore,
        warn: Callable[[str], None],
        *,
        guests_come: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._authorization = Authorization(store)
        self._warn = warn
        self._guests_come = guests_come
        self._clock = clock
        self._loaded_at = float("-inf")
        self._warned: set[str] = set()
        self._seen: frozenset[Stamp] | None = None
        self._ring = KeyRing()
        self._unstored: dict[bytes, str] = {}

    def load(self) -> KeyRing:
        """The key ring as the folder has it now: the same object while nothing has changed.

        A folder that cannot be read keeps the last.
        """
        if not self.changed():
            return self._ring
        try:
            self._forget_guests()
            seen = self._store.snapshot()
            tables = [
                self._store.authorized_keys(),
                self._store.guest_keys(),
                self._store.revoked_keys(),
            ]
        except KeyFileError as error:
            self._say(why(error))
            return self._ring
        self._seen, self._loaded_at = seen, self._clock()
        for table in tables:
            for warning in table.warnings:
                self._say(warning)
        authorized, guests, revoked = (table.keys for table in tables)
        self._ring = KeyRing(
            {fp: name for fp, (name, _) in authorized.items()},
            self._unstored | {fp: name for fp, (name, _) in guests.items()},
            frozenset(revoked),
        )
        return self._ring

    def changed(self) -> bool:
        """Whether the folder looks different from when it was last loaded, or that is a day ago."""
        with suppress(KeyFileError):
            return self._store.snapshot() != self._seen or self._clock() > self._loaded_at + DAY
        return True

    def store_guest(self, name: str, spki: bytes) -> None:
        """Keep a guest's name; a failure is said and costs only the name's permanence."""
        key = PublicKey.from_spki(spki)
        try:
            self._store.store_guest(name, key)
        except (OSError, RsachatError) as error:
            self._unstored[key.fingerprint] = name
            self._seen = None
            self._say(f"the guest name {name} cannot be stored: {why(error)}")

    def see_guest(self, name: str) -> None:
        """A guest is here: for another 30 days from now the name stays its own."""
        note_seen(self._store.guest_path(name), self._clock())

    def redeem(self, hashed: bytes, name: str, spki: bytes) -> Redeemed:
        """Let a newcomer's key in if its invitation is good; a failure of this side is said."""
        key, now_ms = PublicKey.from_spki(spki), int(self._clock() * 1000)
        try:
            good = self._authorization.redeem(hashed, name, key, now_ms)
        except (OSError, RsachatError) as error:
            self._say(f"the invitation of {name} cannot be redeemed: {why(error)}")
            return Redeemed.FAILED
        return Redeemed.ACCEPTED if good else Redeemed.REFUSED

    def _forget_guests(self) -> None:
        if not self._guests_come:
            return
        for file in forget_unseen(self._store.guest_files(), self._clock()):
            self._warn(f"{shown(file)} is removed: this guest was not seen for 30 days")

    def _say(self, warning: str) -> None:
        if warning not in self._warned:
            self._warned.add(warning)
            self._warn(warning)
