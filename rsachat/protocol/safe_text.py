"""Text from others, made safe to show: the one place that decides what reaches a terminal.

Every field a peer controls (names, messages, file names, reasons) passes through `clean_name`,
`clean_line` or `clean_message` before anything draws it. What could steer a terminal, hide, or
imitate is not dropped but shown as an escape, in a span of its own so that a drawn escape can be
told from a typed backslash. This module knows characters, not screens.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

MAX_MARKS = 3  # combining marks on one character; real scripts stack two, rarely three
_REPLACEMENT = "\ufffd"
_TAB = "    "
_JOINERS = "\u200c\u200d"  # ZWNJ, ZWJ
_SHORT_ESCAPES = {"\x1b": "\\e", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
# Signs written before a number or a word: format characters by category, yet visible and harmless.
_VISIBLE_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Letters and symbols that draw nothing: the hidden part of a name that only looks known.
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_LINE_BREAK = re.compile(r"\r\n|\n")
_LATIN = re.compile(
    "[\u0000-\u036f\u1d00-\u1dff\u1e00-\u1eff\u1ab0-\u1aff\u20d0-\u20ff"
    "\u2c60-\u2c7f\ua720-\ua7ff\uab30-\uab6f\ufb00-\ufb06\ufe20-\ufe2f\uff21-\uff5a]"
)


class _Kind(Enum):
    PLAIN = auto()  # passes as it is
    SPACE = auto()  # becomes U+0020
    TAB = auto()
    MARK = auto()  # combines with what stands before it
    SPACING_MARK = auto()  # combines, and takes a cell of its own
    JOINER = auto()
    ESCAPED = auto()
    REPLACED = auto()  # becomes U+FFFD


@dataclass(frozen=True, slots=True)
class Span:
    """A run of safe characters; `escaped` if it stands for something that must not be drawn."""

    text: str
    escaped: bool = False


@dataclass(frozen=True, slots=True)
class Clean:
    """One line of safe text, without any control character or line break."""

    spans: tuple[Span, ...]

    @property
    def plain(self) -> str:
        """The line as one string, escapes included."""
        return "".join(span.text for span in self.spans)


def clean_name(text: str | bytes) -> Clean:
    """A name, address or file name: one line, no joiner and no tab in it."""
    return _clean(_decoded(text), in_name=True)


def clean_line(text: str | bytes) -> Clean:
    """Text for a one-line place, such as a reason or a notice: line breaks are shown, not made."""
    return _clean(_decoded(text), in_name=False)


def clean_message(text: str | bytes) -> tuple[Clean, ...]:
    """A message's lines, at least one; who draws them marks every line after the first."""
    return tuple(_clean(line, in_name=False) for line in _LINE_BREAK.split(_decoded(text)))


def is_unchanged_in_name(text: str) -> bool:
    """Whether each character of `text` is one that a name may show as it is."""
    return _clean(text, in_name=True).spans == _spans(text)


def join(*parts: str | Clean) -> Clean:
    """One line from our own words (`str`) and cleaned text (`Clean`)."""
    spans: list[Span] = []
    for part in parts:
        spans.extend(_spans(part) if isinstance(part, str) else part.spans)
    return Clean(_merged(spans))


def _decoded(text: str | bytes) -> str:
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def _spans(text: str) -> tuple[Span, ...]:
    return (Span(text),) if text else ()


def _clean(text: str, *, in_name: bool) -> Clean:
    if text.isascii() and text.isprintable():
        return Clean(_spans(text))
    if all(_kind(character) is _Kind.PLAIN for character in set(text)):
        return Clean(_spans(text))
    return Clean(_merged(_Cleaner(text, in_name).spans()))


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same text in as few spans as there are changes between plain and escaped."""
    merged: list[tuple[list[str], bool]] = []
    for span in spans:
        if merged and merged[-1][1] == span.escaped:
            merged[-1][0].append(span.text)
        else:
            merged.append(([span.text], span.escaped))
    return tuple(Span("".join(texts), escaped) for texts, escaped in merged)


class _Cleaner:
    """One pass over a text in which some character does not pass as it is."""

    def __init__(self, text: str, in_name: bool) -> None:
        self._text = text
        self._in_name = in_name
        self._has_base = False  # something a combining mark may stand on
        self._marks = {_Kind.MARK: 0, _Kind.SPACING_MARK: 0}

    def spans(self) -> Iterable[Span]:
        for index, character in enumerate(self._text):
            kind = _kind(character)
            if kind in self._marks:
                yield from self._mark(character, kind)
                continue
            span = self._span(index, character, kind)
            self._has_base = not span.escaped
            self._marks = dict.fromkeys(self._marks, 0)
            yield span

    def _mark(self, character: str, kind: _Kind) -> Iterable[Span]:
        if not self._has_base:  # it would stand on what we wrote before it
            yield Span(_escape(character), True)
        elif self._marks[kind] < MAX_MARKS:
            self._marks[kind] += 1
            yield Span(character)

    def _span(self, index: int, character: str, kind: _Kind) -> Span:
        match kind:
            case _Kind.PLAIN:
                return Span(character)
            case _Kind.SPACE:
                return Span(" ")
            case _Kind.TAB if not self._in_name:
                return Span(_TAB)
            case _Kind.JOINER if not self._in_name and self._joins(index):
                return Span(character)
            case _Kind.REPLACED:
                return Span(_REPLACEMENT)
            case _:
                return Span(_escape(character), True)

    def _joins(self, index: int) -> bool:
        """Whether a joiner stands where scripts and emoji need one: between two non-Latin ones."""
        text = self._text
        before = index - 1
        while before > 0 and _kind(text[before]) in self._marks:
            before -= 1
        return before >= 0 and index + 1 < len(text) and _joinable(text[before], text[index + 1])


def _joinable(before: str, after: str) -> bool:
    return _is_non_latin(before, "LS") and _is_non_latin(after, "LSM")


def _is_non_latin(character: str, classes: str) -> bool:
    return (
        _LATIN.match(character) is None
        and unicodedata.category(character)[0] in classes
        and _kind(character) in (_Kind.PLAIN, _Kind.MARK, _Kind.SPACING_MARK)
    )


@lru_cache(maxsize=4096)
def _kind(character: str) -> _Kind:
    if character in _FILLERS:
        return _Kind.ESCAPED
    if character in _JOINERS:
        return _Kind.JOINER
    match unicodedata.category(character):
        case "Cc":
            return _Kind.TAB if character == "\t" else _Kind.ESCAPED
        case "Cf":
            return _Kind.PLAIN if character in _VISIBLE_FORMATS else _Kind.ESCAPED
        case "Zl" | "Zp":
            return _Kind.ESCAPED
        case "Zs":
            return _Kind.PLAIN if character == " " else _Kind.SPACE
        case "Mn" | "Me":  # the variation selectors of plane 14 are marks that nobody sees
            return _Kind.ESCAPED if "\U000e0100" <= character <= "\U000e01ef" else _Kind.MARK
        case "Mc":
            return _Kind.SPACING_MARK
        case "Cs" | "Co":
            return _Kind.REPLACED
        case "Cn":
            return _unassigned(ord(character))
        case _:
            return _Kind.PLAIN


def _unassigned(code: int) -> _Kind:
    if 0x1F000 <= code <= 0x1FAFF:  # emoji newer than this Python's tables
        return _Kind.PLAIN
    if 0xE0000 <= code <= 0xE007F or 0xFFF9 <= code <= 0xFFFB or 0x2060 <= code <= 0x2069:
        return _Kind.ESCAPED
    return _Kind.REPLACED


def _escape(character: str) -> str:
    code = ord(character)
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    return f"\\x{code:02x}" if code <= 0xFF and code != 0xAD else f"\\u{{{code:x}}}"
