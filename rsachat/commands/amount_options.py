"""Option values that are amounts: sizes in bytes, counts, octal modes."""

import argparse
import re

_UNITS = {"": 1, "b": 1, "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40}
_SIZE = re.compile(r"(\d{1,15})\s*([A-Za-z]*)\Z", re.ASCII)


def size(text: str) -> int:
    """`64MiB`, `4GiB`, or plain bytes. Raises ArgumentTypeError."""
    match = _SIZE.match(text.strip())
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise argparse.ArgumentTypeError(f"'{text}' is no size: for example 64MiB or 4GiB")
    return int(match[1]) * unit


def size_word(amount: int) -> str:
    """The shortest text that `size` reads as this amount: `64MiB`, `1000`."""
    for unit in ("TiB", "GiB", "MiB", "KiB"):
        factor = _UNITS[unit.lower()]
        if amount and amount % factor == 0:
            return f"{amount // factor}{unit}"
    return str(amount)


def count(text: str) -> int:
    """A whole number from 1 on. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and int(text[:10]) >= 1) or len(text) > 9:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1 on")
    return int(text)


def file_mode(text: str) -> int:
    """`0600` or `0640`: octal, no right to execute. Raises ArgumentTypeError."""
    try:
        mode = int(text, 8)
    except ValueError:
        mode = -1
    if not 0 <= mode <= 0o777 or mode & 0o111 or not mode & 0o600 == 0o600:
        raise argparse.ArgumentTypeError(f"'{text}' is no mode for a file: 0600 or 0640, say")
    return mode
