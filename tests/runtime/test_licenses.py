"""What is inside, and that each text is there."""

import tomllib
from pathlib import Path

import pytest

from rsachat.runtime import licenses

ROOT = Path(__file__).parents[2]


def test_every_part_has_its_text_and_a_short_name() -> None:
    for part in licenses.components():
        assert len(part.text) > 400, part.name
        assert 0 < len(part.license) < 60, part.name


def test_what_the_program_needs_is_told() -> None:
    told = {part.name.replace("_", "-") for part in licenses.components()}
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    locked = {line.split("==")[0] for line in text.splitlines() if "==" in line}
    left_out = {"markdown-it-py", "mdurl"}  # Rich's, for what we do not use; not in the executable
    assert {name.replace("_", "-") for name in locked} - left_out <= told


def test_the_executable_tells_what_else_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(licenses, "is_frozen", lambda: True)
    told = {part.name: part for part in licenses.components()}
    assert {"Python", "OpenSSL", "zlib", "libffi"} <= told.keys()
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in told["Python"].text
    assert "Bootloader Exception" in told["PyInstaller"].text


def test_a_wheel_brings_the_texts_along() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["package-data"] == {"rsachat": ["licenses/*.txt"]}
    names = {path.stem for path in (ROOT / "rsachat" / "licenses").iterdir()}
    assert names == licenses.NATIVE.keys()
