"""S30: the one executable, away from the source tree: `TESTED_PROGRAM` names it, else skipped."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import pytest

from tests.support.keyfolder import put_pair
from tests.support.program import EXECUTABLE, Process, Site, until
from tests.support.transcript import ROOT

pytestmark = [
    pytest.mark.skipif(not EXECUTABLE, reason="TESTED_PROGRAM names no executable"),
    pytest.mark.slow,
]

HUMBLE = [sys.executable, str(ROOT / "tests" / "support" / "humble.py")]
PLANTED = (
    "rsachat", "random", "socket", "pickle", "struct", "json", "site", "sitecustomize",
    "usercustomize", "multiprocessing", "argparse", "Crypto", "cryptography", "rich", "encodings",
)  # fmt: skip


@pytest.fixture
def executable(tmp_path: Path) -> Path:
    """A copy, alone in a folder of its own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    assert EXECUTABLE is not None
    return Path(shutil.copy(EXECUTABLE, folder / "rsachat"))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """What the executable takes for /tmp."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def serve(site: Site, cwd: Path, program: list[str], env: dict[str, str]) -> Process:
    """A server that is run in `cwd`, with its keys and uploads elsewhere."""
    site.person("alice")
    put_pair(site.keys_of("server"), "server", "server")
    home = site.machine("server")
    words = ("--keys", str(home / "keys"), "--uploads", str(home / "uploads"))
    server = Process(
        cwd, "server", "--port", "0", "--json", *words, env=env, program=[*program]
    )  # fmt: skip
    site.processes.append(server)
    site.address = server.event("listening")["address"]
    return server


def test_it_runs_from_a_folder_that_nobody_may_write_to(site: Site, executable: Path) -> None:
    executable.parent.chmod(0o555)
    try:
        server = serve(site, executable.parent, [*HUMBLE, str(executable)], {})
        site.client("alice")
        with Process(
            executable.parent, "keygen", program=[*HUMBLE, str(executable)], stdin=False
        ) as keygen:
            assert keygen.wait() == 1
            assert "Permission denied" in keygen.errors
            assert "Traceback" not in keygen.errors
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
        assert os.listdir(executable.parent) == ["rsachat"]
    finally:
        executable.parent.chmod(0o755)


def plant(folder: Path, mark: Path) -> None:
    """Modules that leave a mark when they are imported."""
    for name in PLANTED:
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'a').write({name!r})\n")


def test_no_planted_module_is_imported(site: Site, executable: Path, tmp_path: Path) -> None:
    """Beside it, in the folder it is run in, and in Python's own variables."""
    mark, elsewhere = tmp_path / "mark", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for folder in (executable.parent, elsewhere):
        plant(folder, mark)
    env = {"PYTHONPATH": str(elsewhere), "PYTHONSTARTUP": str(elsewhere / "site.py")}
    server = serve(site, elsewhere, [str(executable)], env)
    site.client("alice")  # a worker has signed
    server.signal(signal.SIGTERM)
    assert server.wait() == 0, server.errors
    assert not mark.exists(), mark.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_its_temporary_folder_is_its_own_and_goes_with_it(
    site: Site, executable: Path, scratch: Path, number: signal.Signals
) -> None:
    server = serve(site, executable.parent, [str(executable)], {"TMPDIR": str(scratch)})
    site.client("alice")
    children = server.children()
    for folder in scratch.iterdir():
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    server.signal(number)
    assert server.wait() == 0, server.errors
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    assert list(scratch.iterdir()) == []


def test_a_short_command_leaves_no_folder(executable: Path, scratch: Path) -> None:
    for words in (["--version"], ["help", "upload"], ["no-such-command"]):
        with Process(
            executable.parent, *words, env={"TMPDIR": str(scratch)}, program=[str(executable)]
        ) as process:
            assert process.wait() in (0, 2)
        assert list(scratch.iterdir()) == []
