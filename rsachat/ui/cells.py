"""How many cells of a terminal a text takes, without loading what draws."""

import unicodedata


def cells(text: str) -> int:
    """Two for a wide character, none for a combining mark, one for any other."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    marks = sum(unicodedata.combining(character) > 0 for character in text)
    return len(text) + wide - marks


def padded(text: str, width: int, *, right: bool = False) -> str:
    """`text` on `width` cells, or on more if it is wider."""
    space = " " * (width - cells(text))
    return space + text if right else text + space
