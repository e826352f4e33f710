"""What it takes to start: from source beside a bare Python, the executable beside an empty one.

The executables are those that `make binary` and `make binary ENGINE=fast` left in dist/; the
empty one is built here, by the same recipe.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.report import Figure, Skipped
from benchmarks.scratch import ROOT

AIM_VERSION, AIM_HELP, AIM_EXECUTABLE = 1.8, 3.0, 1.3
AIM_SIZE = {"rsachat": 13.0, "rsachat-fast": 22.0}  # MiB
ROUNDS = 21
MIB = 1 << 20


def run() -> list[Figure | Skipped]:
    source = [sys.executable, str(ROOT / "rsachat.py")]
    bare = [sys.executable, "-c", "pass"]
    return [
        start("--version", [*source, "--version"], bare, AIM_VERSION),
        start("--help", [*source, "--help"], bare, AIM_HELP),
        *executables(),
    ]


def executables() -> Iterator[Figure | Skipped]:
    built = {name: ROOT / "dist" / name for name in AIM_SIZE}
    for name, path in built.items():
        if not path.exists():
            yield Skipped(f"{name}, the executable", "it is not built (make binary)")
            continue
        size = path.stat().st_size / MIB
        yield Figure(f"{name}'s size", f"{size:.1f} MiB", "", size, AIM_SIZE[name], False)
    small = built["rsachat"]
    if small.exists():
        command = [str(small), "--version"]
        yield start("executable's --version", command, [str(empty())], AIM_EXECUTABLE)


def start(name: str, command: Sequence[str], reference: Sequence[str], aim: float) -> Figure:
    rounds = [(seconds(reference), seconds(command)) for _ in range(ROUNDS)]
    return Figure(
        name,
        f"{median(ours for _, ours in rounds) * 1e3:.1f} ms",
        f"{median(bare for bare, _ in rounds) * 1e3:.1f} ms",
        median(ours / bare for bare, ours in rounds),
        aim,
        at_least=False,
    )


def seconds(command: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def empty() -> Path:
    """An executable of nothing, stripped and with the same left out."""
    folder = ROOT / "build" / "empty"
    subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "ERROR"),
            *("--distpath", folder, "--workpath", folder / "work", ROOT / "build.spec"),
        ],
        cwd=ROOT,
        env={**os.environ, "ENGINE": "none", "PYINSTALLER_CONFIG_DIR": str(folder / "cache")},
        check=True,
    )
    return folder / "empty"
