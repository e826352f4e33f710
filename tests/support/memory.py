"""Looks for bytes where they should not be: in processes, in files, in whatever encoding."""

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path

STEP = 16 << 20
_NOT_READ = ("[vvar]", "[vvar_vclock]", "[vsyscall]")


def forms(text: str) -> dict[str, bytes]:
    """A text as it may lie about: in three encodings, plain, as hex and as base64.

    Base64 depends on what stands before it: of each of the three ways the part that does not.
    """
    found: dict[str, bytes] = {}
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = text.encode(encoding)
        found[encoding] = raw
        found[f"{encoding} hex"] = raw.hex().encode()
        found[f"{encoding} HEX"] = raw.hex().upper().encode()
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + raw)
            start = (0, 2, 3)[shift]
            rest = (shift + len(raw)) % 3
            found[f"{encoding} base64 {shift}"] = coded[start : len(coded) - (4 if rest else 0)]
    return found


def in_process(pid: int, needles: Mapping[str, bytes]) -> set[str]:
    """Which needles lie in a process's memory. Raises PermissionError where that is not allowed."""
    overlap = max(map(len, needles.values()))
    found: set[str] = set()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for start, end in list(_regions(pid)):
            for at in range(start, end, STEP):
                try:
                    memory.seek(at)
                    data = memory.read(min(STEP + overlap, end - at))
                except OSError:  # given back meanwhile, or not to be read at all
                    break
                found |= {name for name, needle in needles.items() if needle in data}
    return found


def in_files(folder: Path, needles: Mapping[str, bytes]) -> set[str]:
    """Which needles lie in the files under a folder or in their names, as `needle in file`."""
    return {
        f"{name} in {path.name}"
        for path in folder.rglob("*")
        for name, needle in needles.items()
        if needle in path.name.encode() or (path.is_file() and needle in path.read_bytes())
    }


def in_bytes(data: bytes, needles: Mapping[str, bytes]) -> set[str]:
    return {name for name, needle in needles.items() if needle in data}


def _regions(pid: int) -> Iterator[tuple[int, int]]:
    """Start and end of each readable mapping."""
    for line in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8").splitlines():
        span, mode, *rest = line.split(maxsplit=5)
        if mode.startswith("r") and (len(rest) < 4 or rest[3] not in _NOT_READ):
            start, _, end = span.partition("-")
            yield int(start, 16), int(end, 16)
