"""The architecture, held by a test: each rule on the real tree, and on trees made to break it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import architecture
from tests.support.architecture import Source

ROOT = Path(__file__).resolve().parent.parent
HOUSE = Source(ROOT)

UNTESTED: dict[str, str] = {}
"""Modules without a test module of their own, each with the reason."""

Rule = Callable[[Source], list[str]]
RULES: list[Rule] = [
    architecture.upward_imports,
    architecture.cycles,
    architecture.stray_third_party,
    architecture.outside_world,
    architecture.busy_packages,
    architecture.undocumented,
]


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps(rule: Rule) -> None:
    assert rule(HOUSE) == []


def test_every_module_has_its_test_module() -> None:
    assert architecture.untested(HOUSE, UNTESTED) == []


def test_the_walk_sees_the_house() -> None:
    parts = {module.part for module in HOUSE.modules.values()}
    assert parts >= {"errors", "crypto", "protocol", "server", "client", "cli"}
    targets = {item.target for module in HOUSE.modules.values() for item in module.imports}
    assert "rsachat.crypto.kdf" in targets


def made_up(root: Path, files: dict[str, str]) -> Source:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Source(root)


UPWARD = {
    "to a higher layer": "import rsachat.server.core",
    "to a neighbour in the layer": "from rsachat import client",
    "hidden in a function": "def f():\n    from rsachat.ui import prompt",
    "relative": "from ..ui import prompt",
    "for types only": "if TYPE_CHECKING:\n    from rsachat.cli import main",
}


@pytest.mark.parametrize("text", UPWARD.values(), ids=UPWARD.keys())
def test_an_upward_import_is_found(text: str, tmp_path: Path) -> None:
    here = "protocol/link" if "server" in text else "server/core"
    files = {f"rsachat/{here}.py": text, "rsachat/client/__init__.py": ""}
    [found] = architecture.upward_imports(made_up(tmp_path, files))
    assert found.startswith("rsachat." + here.replace("/", "."))


def test_a_downward_import_is_fine(tmp_path: Path) -> None:
    files = {
        "rsachat/__init__.py": "",
        "rsachat/server/core.py": (
            "from rsachat import __version__\nfrom rsachat.errors import RsachatError\n"
            "from . import rooms\nfrom ..crypto.kdf import sha256"
        ),
        "rsachat/server/rooms.py": "",
    }
    assert architecture.upward_imports(made_up(tmp_path, files)) == []


def test_the_package_itself_imports_no_module(tmp_path: Path) -> None:
    files = {"rsachat/__init__.py": "from rsachat.errors import RsachatError"}
    assert architecture.upward_imports(made_up(tmp_path, files)) == [
        "rsachat:1: rsachat may not import errors"
    ]


def test_a_module_in_no_layer_is_found(tmp_path: Path) -> None:
    files = {"rsachat/utils/misc.py": ""}
    assert architecture.upward_imports(made_up(tmp_path, files)) == [
        "rsachat.utils.misc: belongs to no layer"
    ]


def test_a_cycle_is_found_and_written_as_the_way_round(tmp_path: Path) -> None:
    files = {
        "rsachat/crypto/a.py": "from rsachat.crypto import b",
        "rsachat/crypto/b.py": "from rsachat.crypto.c import thing",
        "rsachat/crypto/c.py": "def late():\n    import rsachat.crypto.a",
        "rsachat/crypto/d.py": "from rsachat.crypto import a, b, c",
    }
    assert architecture.cycles(made_up(tmp_path, files)) == [
        "rsachat.crypto.a -> rsachat.crypto.b -> rsachat.crypto.c -> rsachat.crypto.a"
    ]


STRAYS = {
    "rsachat/protocol/link.py": "from Crypto.Cipher import AES",
    "rsachat/runtime/worker.py": "from cryptography.hazmat.primitives import hashes",
    "rsachat/crypto/words.py": "import rich",
    "rsachat/commands/client.py": "def run():\n    import prompt_toolkit.shortcuts",
    "rsachat/ui/screen.py": "import numpy",
}


@pytest.mark.parametrize(("name", "text"), STRAYS.items())
def test_a_stray_third_party_import_is_found(name: str, text: str, tmp_path: Path) -> None:
    assert len(architecture.stray_third_party(made_up(tmp_path, {name: text}))) == 1


def test_third_party_imports_in_their_own_part_are_fine(tmp_path: Path) -> None:
    files = {
        "rsachat/crypto/aes.py": "from Crypto.Cipher import AES\nimport cryptography",
        "rsachat/ui/screen.py": "import json\nimport rich.live\nimport prompt_toolkit",
    }
    assert architecture.stray_third_party(made_up(tmp_path, files)) == []


@pytest.mark.parametrize("part", ["protocol", "server", "client"])
@pytest.mark.parametrize(
    "text",
    [
        "import socket",
        "import selectors",
        "from multiprocessing.connection import Connection",
        "import time",
        "import threading",
        "from random import choice",
        "import os.path",
        "def f():\n    import secrets",
        "text = open('x').read()",
        "print('x')",
    ],
)
def test_the_outside_world_in_a_core_is_found(part: str, text: str, tmp_path: Path) -> None:
    source = made_up(tmp_path, {f"rsachat/{part}/core.py": text})
    assert len(architecture.outside_world(source)) == 1


def test_the_outside_world_is_fine_at_the_edge(tmp_path: Path) -> None:
    files = {
        "rsachat/crypto/rsa.py": "from os import urandom",
        "rsachat/runtime/loop.py": "import selectors, socket, time\nopen('x')",
        "rsachat/commands/server.py": "import os\nprint('x')",
    }
    assert architecture.outside_world(made_up(tmp_path, files)) == []


def test_crypto_reads_randomness_only(tmp_path: Path) -> None:
    files = {"rsachat/crypto/rsa.py": "import os\nimport time"}
    assert architecture.outside_world(made_up(tmp_path, files)) == [
        "rsachat.crypto.rsa:2: time is for the edge"
    ]


def test_code_in_a_package_file_is_found(tmp_path: Path) -> None:
    files = {
        "rsachat/__init__.py": '__version__ = "1"',
        "rsachat/crypto/__init__.py": '"""Fine."""',
        "rsachat/server/__init__.py": "from rsachat.server import core",
    }
    assert architecture.busy_packages(made_up(tmp_path, files)) == [
        "rsachat.server: a package's __init__ holds a docstring only"
    ]


def test_a_module_without_a_docstring_is_found(tmp_path: Path) -> None:
    files = {"rsachat/cli.py": "x = 1", "rsachat/errors.py": '"""Fine."""'}
    assert architecture.undocumented(made_up(tmp_path, files)) == ["rsachat.cli: no docstring"]


CODE = "def f(): ..."


def test_a_module_without_a_test_is_found(tmp_path: Path) -> None:
    files = {
        "rsachat/cli.py": CODE,
        "rsachat/crypto/__init__.py": "",
        "rsachat/crypto/rsa.py": CODE,
        "rsachat/crypto/kdf.py": CODE,
        "rsachat/crypto/events.py": "class Event:\n    size: int",
        "rsachat/server/core.py": CODE,
        "tests/test_cli.py": "",
        "tests/test_kdf.py": "",
        "tests/crypto/test_rsa.py": "",
        "tests/server/test_server_core.py": "",
    }
    source = made_up(tmp_path, files)
    assert architecture.untested(source, {}) == ["rsachat.crypto.kdf: no test module"]
    assert architecture.untested(source, {"rsachat.crypto.kdf": "made up"}) == []


def test_an_exception_that_is_none_any_more_is_found(tmp_path: Path) -> None:
    source = made_up(tmp_path, {"rsachat/cli.py": CODE, "tests/test_cli.py": ""})
    assert architecture.untested(source, {"rsachat.cli": "made up"}) == [
        "rsachat.cli: is no exception any more"
    ]
