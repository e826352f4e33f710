"""`doctor` on a keys folder: its mode, the identities in it, their passwords, others' keys."""

from __future__ import annotations

import shlex
import stat

from rsachat.commands.checks import Report
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import KeyFileError
from rsachat.runtime.key_files import shown
from rsachat.runtime.keystore import Identity, Keystore
from rsachat.runtime.passwords import Passwords, Secret

KEY = "key"


def check_folder(report: Report, store: Keystore) -> bool:
    """The folder itself; False where there is nothing more to look at."""
    about = shown(store.folder)
    if not store.folder.is_dir():
        report.fail(
            "keys folder", about, "there is none", "rsachat keygen --password, or --keys DIR"
        )
        return False
    mode = stat.S_IMODE(store.folder.stat().st_mode)
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        todo = f"chmod go-w {shlex.quote(about)}"
        report.fail("keys folder", about, f"mode {mode:04o}: others can put keys into it", todo)
    else:
        report.ok("keys folder", about, f"mode {mode:04o}")
    return True


def check_identities(report: Report, store: Keystore, password: Secret | None) -> list[Identity]:
    """Each private key here; those that could be opened. `password` is the one that was given."""
    names = store.identities()
    if not names:
        report.fail(KEY, shown(store.folder), "no identity lies there", "rsachat keygen --password")
    opened: list[Identity] = []
    locked: list[str] = []
    for name in names:
        with report.trouble(KEY, name):
            if not store.is_protected(name):
                opened.append(_bare(report, store, name))
            elif password is None:
                found = "protected by a password, not opened"
                report.ok(KEY, name, f"{found}; --password-file FILE tries one")
            else:
                _unlock(report, store, name, password, opened, locked)
    _say_locked(report, locked, any(identity.protected for identity in opened))
    return opened


def check_others(report: Report, store: Keystore) -> None:
    """Public keys of others: who may connect, and files of no use."""
    with report.trouble("others' keys", shown(store.folder)):
        tables = (store.authorized_keys(), store.guest_keys(), store.revoked_keys())
        warnings = dict.fromkeys(text for table in tables for text in table.warnings)
        for text in warnings:
            report.warn(
                "others' keys", shown(store.folder), text, "move that file away, or mend it"
            )
        allowed, guests, revoked = (len(table.keys) for table in tables)
        found = f"{allowed} authorized, {guests} guests, {revoked} revoked"
        report.ok("others' keys", shown(store.folder), found)


def _bare(report: Report, store: Keystore, name: str) -> Identity:
    identity = store.open_identity(name, Passwords())
    todo = shlex.join(["rsachat", "keys", "passwd", name, "--keys", str(store.folder)])
    report.warn(KEY, name, f"{_told(store, identity)}, not protected by a password", todo)
    return identity


def _unlock(
    report: Report,
    store: Keystore,
    name: str,
    password: Secret,
    opened: list[Identity],
    locked: list[str],
) -> None:
    """Try the password; one that does not fit is judged when all keys have been tried."""
    try:
        identity = store.open_identity(name, Passwords(variable=password))
    except KeyFileError as error:
        if not error.what.startswith("wrong password"):
            raise
        locked.append(name)
        return
    opened.append(identity)
    report.ok(KEY, name, f"{_told(store, identity)}, protected; the password opens it")


def _say_locked(report: Report, locked: list[str], fits_another: bool) -> None:
    """One password for several identities is usual and no must."""
    for name in locked:
        if fits_another:
            found = "protected; the password given opens another key here, not this one"
            report.warn(
                KEY, name, found, "give this key's own password to the commands that use it"
            )
        else:
            found = "protected; the password given does not open it"
            report.fail(KEY, name, found, "check --password-file and $RSACHAT_PASSWORD")


def _told(store: Keystore, identity: Identity) -> str:
    key = identity.public
    mode = stat.S_IMODE(store.private_path(identity.name).stat().st_mode)
    return f"RSA-{key.bits}, mode {mode:04o}, {fingerprint_text(key.fingerprint)}"
