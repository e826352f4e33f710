"""`doctor` on the machine of a server: is the port free, is there room for what is delivered."""

from __future__ import annotations

import os
from pathlib import Path

from rsachat import amounts
from rsachat.commands.checks import Report
from rsachat.errors import RsachatError
from rsachat.runtime.addresses import host_port
from rsachat.runtime.key_files import shown
from rsachat.runtime.listener import Listener
from rsachat.runtime.loop import Loop
from rsachat.settings import TransferLimits


def check_port(report: Report, host: str, port: int, *, running: bool) -> None:
    """Whether a server could listen there; `running` if this machine's own server does."""
    about = host_port(host, port)
    if running:
        report.ok("port", about, "this machine's server listens there")
        return
    try:
        with Loop() as loop:
            Listener(loop, host, port, lambda _sock, _address: None).close()
    except RsachatError as error:
        report.fail("port", about, error.why or error.what, error.hint)
    else:
        report.ok("port", about, "free")


def check_uploads(report: Report, folder: Path, limits: TransferLimits) -> None:
    """Whether files can be stored in `folder`, and how many bytes still fit."""
    about = shown(folder)
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
        found = f"this user may not write to {shown(place)}"
        report.fail("uploads", about, found, "--uploads DIR names another folder")
        return
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    found = f"{amounts.size(free)} free"
    if free <= limits.free_margin:
        found += f", and {amounts.size(limits.free_margin)} are kept: nothing more is taken"
        report.fail("uploads", about, found, "make room on that disk: df shows how full it is")
    elif free < limits.max_file:
        found += f"; the largest file allowed has {amounts.size(limits.max_file)}"
        report.warn("uploads", about, found, "make room, or start the server with --max-file")
    else:
        report.ok("uploads", about, found)
