"""What stands around the code: the locks, the Makefile's promises, the build, and a light start."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import rsachat
from rsachat.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ["requirements.txt", "requirements-dev.txt"]


def pins(name: str) -> dict[str, str]:
    """Name and version of each requirement in a lock, in the index's own spelling."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ \\]+)", text, re.MULTILINE))


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", text)[0].replace("_", "-") for text in requirements}


def test_the_version_stands_in_one_spelling() -> None:
    assert PROJECT["version"] == rsachat.__version__


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_is_checked_by_its_hash(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(name)) > 3
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_place(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    options = [line for line in lines if line.startswith("-")]
    places = [line for line in lines if "://" in line or " @ " in line]
    assert options == places == []


def test_the_locks_agree_and_cover_the_project() -> None:
    runtime, development = map(pins, LOCKS)
    assert runtime.items() <= development.items()
    assert names(PROJECT["dependencies"]) <= runtime.keys()
    extras = PROJECT["optional-dependencies"]
    assert names(extras["dev"] + extras["fast"]) <= development.keys()
    assert not names(extras["fast"]) & runtime.keys()


def make(folder: Path, *words: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", *words], cwd=folder, env=clean, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_help_is_the_default_and_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    [phony] = re.findall(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    listed = re.findall(r"^  make (\S+) ", make(ROOT), re.MULTILINE)
    assert sorted(listed) == sorted(phony.split())
    assert make(ROOT, "help") == make(ROOT)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the Makefile, and in dist/ what belongs to the user."""
    for name in ("Makefile", "source.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("dist/keys/alice-rsapvt.pem", "dist/uploads/alice/target.txt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("kept")
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


OF_THE_USER = ["keys/alice-rsapvt.pem", "uploads/alice/target.txt"]


def test_clean_leaves_what_is_the_users(copy: Path) -> None:
    make(copy, "dist/source.txt")
    (copy / "dist/rsachat").write_text("the executable")
    (copy / "build").mkdir()
    assert files(copy / "dist") == [OF_THE_USER[0], "rsachat", "source.txt", OF_THE_USER[1]]
    make(copy, "clean")
    assert files(copy / "dist") == OF_THE_USER
    assert not (copy / "build").exists()


def test_a_changed_source_is_neither_replaced_nor_removed(copy: Path) -> None:
    (copy / "dist/source.txt").write_text("my own")
    make(copy, "dist/source.txt")
    make(copy, "clean")
    assert (copy / "dist/source.txt").read_text() == "my own"


def test_clean_takes_an_empty_dist_with_it(copy: Path) -> None:
    shutil.rmtree(copy / "dist")
    make(copy, "dist/source.txt")
    make(copy, "clean")
    assert not (copy / "dist").exists()


def test_binary_says_that_binutils_are_missing(copy: Path) -> None:
    tools = copy / "tools"
    tools.mkdir()
    (tools / "make").symlink_to(shutil.which("make") or "")
    for name in ("sh", "mkdir", "cp"):
        (tools / name).symlink_to(shutil.which(name) or "")
    (copy / ".venv").mkdir()
    (copy / "requirements-dev.txt").touch()
    (copy / ".venv/.locked").touch()
    done = subprocess.run(
        ["make", "binary"],
        check=False,
        cwd=copy,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "'objdump' is missing; it belongs to binutils" in done.stderr
    assert "hint: " in done.stderr


def test_venv_says_that_python_is_too_old(copy: Path) -> None:
    (copy / "requirements-dev.txt").touch()
    done = subprocess.run(
        ["make", "venv", "PYTHON=false"], check=False, cwd=copy, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "'false' is missing or older than Python 3.11" in done.stderr
    assert not (copy / ".venv").exists()


def test_the_build_excludes_nothing_that_is_needed_at_run_time() -> None:
    spec = (ROOT / "build.spec").read_text(encoding="utf-8")
    [unused] = re.findall(r"UNUSED = \((.*?)\)\.split\(\)", spec, re.DOTALL)
    excluded = set(re.findall(r"[\w.]+", unused))
    assert {"tkinter", "ssl", "Crypto.SelfTest", "multiprocessing"} <= excluded
    assert not {"decimal", "xml", "pyexpat", "_hashlib"} & excluded


def test_ci_can_be_run() -> None:
    assert os.access(ROOT / ".ci/run", os.X_OK)


def imported(*words: str) -> set[str]:
    """The modules that one run of the program loads, as the interpreter itself counts them."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "rsachat.py", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(re.findall(r"^import time:[^|]*\|[^|]*\| +(\S+)$", done.stderr, re.MULTILINE))
    assert "rsachat.cli" in loaded
    return loaded


HEAVY = {"Crypto", "cryptography", "rich", "prompt_toolkit", "asyncio", "multiprocessing"}


def test_the_version_is_answered_before_anything_is_imported() -> None:
    loaded = imported("--version")
    assert not loaded & {*HEAVY, "argparse", "dataclasses", "socket"}


@pytest.mark.parametrize("words", [["--help"], *([name, "--help"] for name in COMMANDS)])
def test_help_loads_no_cryptography_and_no_drawing(words: list[str]) -> None:
    assert not imported(*words) & HEAVY


def smoke(*command: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "tests/binary_smoke.py", *command]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_smoke_test_of_the_build_passes_from_source() -> None:
    done = smoke(sys.executable, "rsachat.py")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("program", ["false", "true", "missing-program"])
def test_the_smoke_test_fails_on_a_broken_program(program: str) -> None:
    done = smoke(program)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{program}: ")
    assert "Traceback" not in done.stderr
