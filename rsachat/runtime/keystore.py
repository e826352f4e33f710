"""Identities and the address book: what the keys folder says about who is who.

Owns the meaning of `<name>-rsapvt.pem` and `<name>-rsapub.pem` (DESIGN, PROTOCOL 5.2); pinned
servers and people are pins.py's.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from rsachat.crypto.rsa import (
    KeyFormatError,
    PrivateKey,
    PublicKey,
    WrongPasswordError,
    is_encrypted,
)
from rsachat.errors import KeyFileError, UsageError
from rsachat.names import is_client_name, is_name
from rsachat.runtime import file_errors, key_files
from rsachat.runtime.defaults import read_defaults
from rsachat.runtime.invitations import INVITATIONS
from rsachat.runtime.key_files import (
    PRIVATE_MODE,
    PRIVATE_SUFFIX,
    PUBLIC_MODE,
    PUBLIC_SUFFIX,
    SERVER,
    shown,
    write_file,
)
from rsachat.runtime.passwords import Passwords

CLIENT = "client"
"""The identity that a client takes unless told otherwise."""
GUESTS = "guests"
REVOKED = "revoked"

Stamp = tuple[str, int, int, int]
"""A file as far as `stat` tells: path, inode, size in bytes, mtime in ns."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A key pair one owns, unlocked."""

    name: str
    private: PrivateKey
    protected: bool

    @property
    def public(self) -> PublicKey:
        return self.private.public


@dataclass(frozen=True, slots=True)
class KeyTable:
    """Public keys of one folder by fingerprint, and what was wrong with other files there.

    `keys` has the name and the key, `files` where it lies.
    """

    keys: Mapping[bytes, tuple[str, PublicKey]]
    files: Mapping[bytes, Path]
    warnings: tuple[str, ...]


class Keystore:
    """One keys folder. It is read anew at each call; only parsed public keys are remembered.

    `by_option` where it was named by --keys, so that a command given as a hint names it too.
    """

    def __init__(self, folder: Path, *, by_option: bool = False) -> None:
        self.folder = folder
        self._option = f" --keys {shlex.quote(str(folder))}" if by_option else ""
        self._parsed: dict[Path, tuple[Stamp | None, PublicKey]] = {}

    def private_path(self, name: str) -> Path:
        return self.folder / f"{name}{PRIVATE_SUFFIX}"

    def public_path(self, name: str) -> Path:
        return self.folder / f"{name}{PUBLIC_SUFFIX}"

    def owns(self, name: str) -> bool:
        """Whether a private key lies here under this name, usable or not.

        Raises KeyFileError for a folder that cannot be looked into.
        """
        try:
            self.private_path(name).lstat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise _closed_folder(self.folder, error) from error
        return True

    def identities(self) -> tuple[str, ...]:
        """Names of the private keys here, in byte order."""
        files = _files(self.folder, PRIVATE_SUFFIX)
        return tuple(sorted(filter(is_name, (p.name.removesuffix(PRIVATE_SUFFIX) for p in files))))

    def default_client(self) -> str:
        """The identity of a client that was told none: what `join` remembered, else `client`.

        Raises KeyFileError if there is none, UsageError if it could be one of several.
        """
        names = [name for name in self.identities() if name != SERVER]
        remembered = read_defaults(self.folder).name
        if remembered in names:
            return remembered
        if CLIENT in names:
            return CLIENT
        if not names:
            raise self.missing(CLIENT)
        if len(names) > 1:
            what = f"several identities lie in {shown(self.folder)}: {', '.join(names)}"
            raise UsageError(what, hint=f"choose one, for example --name {names[0]}")
        return names[0]

    def missing(self, name: str) -> KeyFileError:
        """The error for an identity that is not here."""
        which = "" if name in (SERVER, CLIENT) else f" {name}"
        return KeyFileError(
            f"no identity '{name}' in {shown(self.folder)}",
            hint=f"rsachat keygen{which} --password{self._option}",
        )

    def open_identity(self, name: str, passwords: Passwords) -> Identity:
        """Unlock one's own key pair.

        Raises KeyFileError: missing, readable by others, of another kind, damaged, protected
        and no password opens it, or its public half is another key's.
        """
        if not self.owns(name):
            raise self.missing(name)
        path = self.private_path(name)
        data = key_files.read_private(path)
        private = _unlock(path, data, passwords)
        public = self.public_key(name)
        if public is not None and public != private.public:
            raise self._not_its_half(name)
        return Identity(name, private, is_encrypted(data))

    def is_protected(self, name: str) -> bool:
        """Whether a private key asks for a password. Raises KeyFileError if it cannot be read."""
        return is_encrypted(key_files.read_private(self.private_path(name)))

    def public_key(self, name: str) -> PublicKey | None:
        """The public half under this name, None if there is none. Raises KeyFileError."""
        path = self.public_path(name)
        if not os.path.lexists(path):
            return None
        if not self.owns(name):
            return load_public(path)
        try:
            return PublicKey.from_pem(key_files.read_public(path))
        except KeyFormatError as error:
            raise self._not_its_half(name, str(error)) from error

    def _not_its_half(self, name: str, why: str = "") -> KeyFileError:
        """The error for a public half of one's own that is damaged or another key's."""
        half, private = shown(self.public_path(name)), shown(self.private_path(name))
        again = f"rsachat keygen {name}{self._option}"
        return KeyFileError(
            f"{half} is not the public half of {private}",
            why=why,
            hint=f"restore the pair, or move that file away and make it again: {again}",
        )

    def authorized_keys(self) -> KeyTable:
        """Who may connect to a server of this folder, revoked keys left out (PROTOCOL 5.2)."""
        found = self._client_keys(self.folder)
        revoked = self.revoked_keys()
        allowed = {fp: entry for fp, entry in found.keys.items() if fp not in revoked.keys}
        return KeyTable(allowed, found.files, found.warnings + revoked.warnings)

    def guest_keys(self) -> KeyTable:
        """Keys that came by `--open`, and the names they took."""
        return self._client_keys(self.folder / GUESTS)

    def guest_path(self, name: str) -> Path:
        return self.folder / GUESTS / f"{name}{PUBLIC_SUFFIX}"

    def guest_files(self) -> list[Path]:
        """The files of `guest_keys`. Raises KeyFileError."""
        return _files(self.folder / GUESTS, PUBLIC_SUFFIX)

    def revoked_keys(self) -> KeyTable:
        """Keys that are never admitted, whatever their files are called."""
        files = _files(self.folder / REVOKED, ".pem")
        return self._table((path.name.removesuffix(PUBLIC_SUFFIX), path) for path in files)

    def snapshot(self) -> frozenset[Stamp]:
        """What any change of a key that lies here, or of the invitations, alters; cheap: `stat`."""
        folders = (self.folder, self.folder / GUESTS, self.folder / REVOKED)
        paths = [path for folder in folders for path in _files(folder, ".pem")]
        stamps = map(_stamp, [*paths, self.folder / INVITATIONS])
        return frozenset(stamp for stamp in stamps if stamp is not None)

    def store_guest(self, name: str, key: PublicKey) -> None:
        """Keep a guest's name for its key. Raises FileExistsError if it is taken, RsachatError."""
        write_file(self.guest_path(name), key.to_pem(), PUBLIC_MODE, exclusive=True)

    def add_pair(self, name: str, private: PrivateKey, password: str | None) -> None:
        """Write a new pair, never over an old one. Raises FileExistsError, RsachatError."""
        path = self.private_path(name)
        write_file(path, private.to_pem(password), PRIVATE_MODE, exclusive=True)
        self.add_public(name, private.public)

    def add_public(self, name: str, key: PublicKey) -> None:
        """Write a public half. Raises FileExistsError, RsachatError."""
        write_file(self.public_path(name), key.to_pem(), PUBLIC_MODE, exclusive=True)

    def set_password(self, identity: Identity, password: str | None) -> None:
        """Write a private key anew, under a password or under none. Raises RsachatError."""
        path = self.private_path(identity.name)
        data = identity.private.to_pem(password)
        write_file(path, data, PRIVATE_MODE, exclusive=False)

    def set_aside(self, name: str) -> tuple[Path, ...]:
        """Rename the files of a pair to `.bak`, over no older backup. Raises OSError.

        The public half goes first: a crash in between leaves an identity that still opens.
        """
        pair = [p for p in (self.public_path(name), self.private_path(name)) if os.path.lexists(p)]
        for number in count(1):
            ending = ".bak" if number == 1 else f".bak{number}"
            copies = [path.with_name(path.name + ending) for path in pair]
            if not any(map(os.path.lexists, copies)):
                break
        return tuple(path.rename(copy) for path, copy in zip(pair, copies, strict=True))

    def _client_keys(self, folder: Path) -> KeyTable:
        files = [(p.name.removesuffix(PUBLIC_SUFFIX), p) for p in _files(folder, PUBLIC_SUFFIX)]
        table = self._table((name, path) for name, path in files if is_client_name(name))
        others = [path for name, path in files if not is_client_name(name) and name != SERVER]
        ignored = tuple(f"{shown(path)} is ignored: no name for a client" for path in others)
        return KeyTable(table.keys, table.files, table.warnings + ignored)

    def _table(self, files: Iterable[tuple[str, Path]]) -> KeyTable:
        keys: dict[bytes, tuple[str, PublicKey]] = {}
        places: dict[bytes, Path] = {}
        warnings: list[str] = []
        for name, path in sorted(files, key=lambda file: os.fsencode(file[0])):
            try:
                key = self._remembered(path)
            except KeyFileError as error:
                warnings.append(file_errors.why(error))
                continue
            first, _ = keys.setdefault(key.fingerprint, (name, key))
            places.setdefault(key.fingerprint, path)
            if first != name:
                warnings.append(f"'{first}' and '{name}' are one key: it counts as '{first}'")
        return KeyTable(keys, places, tuple(warnings))

    def _remembered(self, path: Path) -> PublicKey:
        """The key in a file, parsed once (0.6 ms) for as long as the file stays as it is."""
        stamp = _stamp(path)
        known = self._parsed.get(path)
        if known is None or stamp is None or known[0] != stamp:
            known = self._parsed[path] = (stamp, load_public(path))
        return known[1]


def load_public(path: Path) -> PublicKey:
    """A public key's file. Raises KeyFileError: unreadable, or no RSA of 3072 or 4096 bits."""
    data = key_files.read_public(path)
    try:
        return PublicKey.from_pem(data)
    except KeyFormatError as error:
        hint = "a public key is made by: rsachat keygen"
        raise KeyFileError(f"{shown(path)} is not usable", why=str(error), hint=hint) from error


def _unlock(path: Path, data: bytes, passwords: Passwords) -> PrivateKey:
    try:
        if not is_encrypted(data):
            return PrivateKey.from_pem(data)
        for password in passwords.attempts(shown(path)):
            with suppress(WrongPasswordError), passwords.opening():
                return PrivateKey.from_pem(data, password)
    except KeyFormatError as error:
        what, why = f"{shown(path)} is not usable", str(error)
        raise KeyFileError(what, why=why, hint=_way_out(path, data)) from error
    raise KeyFileError(
        f"wrong password for {shown(path)}",
        why="no password given opens it; an altered file looks the same",
        hint="try again, or check --password-file and $RSACHAT_PASSWORD",
    )


def _way_out(path: Path, data: bytes) -> str:
    """What to type about a private key that cannot be used."""
    if b"BEGIN OPENSSH PRIVATE KEY" in data or b"BEGIN RSA PRIVATE KEY" in data:
        return f"ssh-keygen -p -m PKCS8 -f {shlex.quote(shown(path))} brings it into PKCS#8"
    name = path.name.removesuffix(PRIVATE_SUFFIX)
    return f"rsachat keygen --force {name} makes a new one and keeps the old as .bak"


def _files(folder: Path, suffix: str) -> list[Path]:
    """Files by the end of their names; none where there is no such folder."""
    try:
        return [folder / name for name in os.listdir(folder) if name.endswith(suffix)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _closed_folder(folder, error) from error


def _closed_folder(folder: Path, error: OSError) -> KeyFileError:
    return KeyFileError(
        f"cannot look into the keys folder {shown(folder)}",
        why=file_errors.why(error),
        hint=file_errors.hint(error),
    )


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None  # gone since, or a link to nothing
    return (str(path), status.st_ino, status.st_size, status.st_mtime_ns)
