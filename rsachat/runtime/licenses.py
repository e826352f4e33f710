"""What rsachat is made of, and under which licences: its own, its libraries', the executable's.

The texts of Python packages are those that were installed with them; what else an executable
holds has its text in rsachat/licenses.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from rsachat import __version__
from rsachat.runtime.frozen import is_frozen

PACKAGES = ("pycryptodome", "rich", "pygments", "prompt_toolkit", "wcwidth", "cryptography", "cffi")
"""With what they need themselves; the last two are the faster engine's."""

NATIVE = {
    "Python": "PSF-2.0",
    "OpenSSL": "Apache-2.0",
    "zlib": "Zlib",
    "libffi": "MIT",
    "Expat": "MIT",
    "libmpdec": "BSD-2-Clause",
    "PyInstaller": "GPL-2.0-or-later WITH Bootloader-exception",
}
"""What the executable holds besides; name and SPDX expression."""

_HERE = Path(__file__).parents[1]
_TEXT = re.compile(r"(^|/)(LICEN[CS]E|COPYING|AUTHORS)[^/]*$")
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True)
class Component:
    """One part; `version` is empty where it is not known, `license` is SPDX where it can be."""

    name: str
    version: str
    license: str
    text: str


def components() -> list[Component]:
    """What this rsachat runs with; rsachat itself is the first."""
    found = [Component("rsachat", __version__, "MIT", _own_text())]
    found += [part for name in PACKAGES for part in _package(name)]
    return [*found, *_native()] if is_frozen() else found


def _own_text() -> str:
    """Beside the package in the source tree and in the executable, else as it was installed."""
    beside = _HERE.parent / "LICENSE"
    if beside.exists():
        return beside.read_text(encoding="utf-8")
    return "".join(part.text for part in _package("rsachat"))


def _package(name: str) -> Iterator[Component]:
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return
    files = [file for file in package.files or () if _TEXT.search(str(file))]
    text = "\n".join(
        file.read_text(encoding="utf-8") for file in files if Path(str(file.locate())).exists()
    )
    yield Component(name, package.version, _expression(package), text)


def _expression(package: metadata.Distribution) -> str:
    """The licence's short name, in whichever of three places the package says it."""
    said = package.metadata.get_all
    classifiers = said("Classifier") or ()
    approved = [one.removeprefix(_CLASSIFIER) for one in classifiers if one.startswith(_CLASSIFIER)]
    found = said("License-Expression") or approved or said("License") or ["see its text"]
    return ", ".join(found)


def _native() -> Iterator[Component]:
    for name, expression in NATIVE.items():
        text = (_HERE / "licenses" / f"{name}.txt").read_text(encoding="utf-8")
        yield Component(
            name, platform.python_version() if name == "Python" else "", expression, text
        )
