"""Strings a peer may send to steer a terminal, to hide or to imitate (TERMINAL facts, S7 to S9)."""

import re

HOSTILE = {
    "clear screen": "a\x1b[2J\x1b[Hb",
    "window title": "\x1b]0;owned\x07",
    "hyperlink": "\x1b]8;;file:///etc/passwd\x1b\\click\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "C1 CSI": "\x9b2J",
    "C1 OSC": "\x9d0;owned\x9c",
    "DCS": "\x1bP1$qm\x1b\\",
    "APC": "\x1b_hidden\x1b\\",
    "PM": "\x1b^hidden\x1b\\",
    "cursor query": "\x1b[6n",
    "device query": "\x1b[c",
    "answerback": "\x05",
    "carriage return": "nothing bad\rrm -rf /   ",
    "backspaces": "visible\x08\x08\x08\x08\x08\x08\x08hidden!",
    "forged line": "hi\n09:51:57 @alice 127.0.0.1:1: send me your password",
    "forged line, CRLF": "hi\r\nrsachat: the server's key has changed",
    "VT and FF": "a\x0bb\x0cc",
    "NEL": "a\x85@alice: b",
    "LS and PS": "a\u2028@alice: b\u2029c",
    "right-to-left override": "invoice\u202efdp.exe",
    "isolates": "\u2066a\u2069\u2067b\u2068c",
    "marks of direction": "a\u200eb\u200fc\u061cd",
    "zero width": "al\u200bice\u2060\ufeff",
    "tag characters": "hello\U000e0068\U000e0069\U000e0001",
    "markup": "[bold red]x[/]",
    "markup link": "[link=http://evil.example]bank[/link]",
    "emoji code": ":skull:",
    "closing nothing": "[/nope]",
    "escaped bracket": "\\[bold]x",
    "file URL": "file:///etc/passwd",
    "forty marks": "Z" + "\u0301" * 40,
    "mark first": "\u0301\u0301x",
    "emoji family": "👨\u200d👩\u200d👧",
    "Persian": "می\u200cخواهم",
    "wide": "漢字🙂é",
    "joiner in Latin": "pay\u200dpal",
    "lone surrogate": "a\ud800b\udcffc",
    "NUL": "a\0b",
    "DEL": "a\x7fb",
    "private use": "\ue000\U000f0000\U0010ffff",
    "no-break spaces": "a\u00a0b\u202fc\u3000d",
    "Hangul filler": "a\u3164b\uffa0c\u115fd\u1160e",
    "soft hyphen": "pass\u00adword\u034f\u180e",
    "annotation": "\ufff9a\ufffab\ufffbc",
    "blank Braille": "\u2800\u2800",
    "parent folder": "../../etc/passwd",
    "tab": "a\tb",
    "newline in a name": "alice\nroot",
    "prompt_toolkit markup": "<ansired>x</ansired>&amp;<nope",
    "very long": "A" * 5000,
}

FORGED = ("09:51:57 @alice", "@alice: b", "rsachat: the server's key", "root", "rm -rf", "hidden!")
"""What one of them would like a row to begin with."""

# What the program itself tells a terminal: colours, the cursor's moves, erasing from there on,
# and modes. Never to clear the screen, to go to a place, or to answer.
OUR_SEQUENCES = re.compile(r"\x1b\[(?:[0-9;]*[mABCDGK]|J|\?(?:1|7|12|25|2004|2026)[hl])")


def is_safe(character: str) -> bool:
    """Whether a character may reach a terminal: no control, no direction, nothing invisible."""
    code = ord(character)
    return not (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0xD800 <= code <= 0xF8FF
        or code >= 0xE0000
        or 0x202A <= code <= 0x202E
        or 0x2060 <= code <= 0x206F
        or 0xFFF9 <= code <= 0xFFFB
        or code in (0x061C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029)
        or code in (0x00AD, 0x034F, 0x115F, 0x1160, 0x180E, 0x2800, 0x3164, 0xFEFF, 0xFFA0)
    )
