"""Command-line tests as transcripts: what was typed, stdout, stderr, exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ENTRY = ROOT / "rsachat.py"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "RSACHAT_ENGINE")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind."""

    stdout: str
    stderr: str
    code: int


def environment(folder: Path, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """A clean environment whose home is `folder`, so that no key of the tester's is met."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return kept | {"HOME": str(folder), "TERM": "dumb"} | dict(extra or {})


def rsachat(
    folder: Path,
    *words: str,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    seconds: float = 50,
) -> Outcome:
    """Run rsachat in `folder`, in a session of its own: there is no terminal to ask on."""
    done = subprocess.run(
        [sys.executable, str(ENTRY), *words],
        cwd=folder,
        env=environment(folder, env),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        start_new_session=True,
        check=False,
    )
    return Outcome(done.stdout, done.stderr, done.returncode)
