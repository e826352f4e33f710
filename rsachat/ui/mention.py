"""Whether a text calls somebody by name, and where: what makes a message stand out."""

import re
from functools import lru_cache

_MOST = 20  # names found in one line; drawing more of them takes time, and tells nothing more


def mentions(text: str, name: str) -> bool:
    """Whether `name` stands in `text` as a word of its own, in whatever case."""
    return bool(name) and _word(name).search(text) is not None


def around(text: str, name: str) -> list[str]:
    """`text` in pieces, every second one of them the name as it is written there."""
    return _word(name).split(text, _MOST) if name else [text]


@lru_cache(maxsize=4)
def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])({re.escape(name)})(?![\w-])", re.IGNORECASE)
