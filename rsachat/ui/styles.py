"""Every style of the program, in one place. Loads nothing.

Only the eight colours that each terminal lets its owner choose, so that all is readable on dark
and on light; meaning never hangs on colour alone.
"""

STYLES = {
    "time": "dim",
    "name": "bold cyan",
    "own": "bold",
    "address": "dim",
    "text": "none",
    "mention": "bold yellow",  # one's own name in a message
    "mark": "dim",  # before a message's further lines
    "escape": "dim",  # stands for a character that is not drawn
    "system": "dim",
    "good": "green",
    "warning": "yellow",
    "bad": "bold red",
    "hint": "cyan",
    "label": "dim",
    "value": "bold",
    "heading": "bold",
    "bar": "green",
    "bar.rest": "dim",
}
"""In Rich's spelling; `none` is the terminal's own."""

NOTICE_STYLES = {
    "listening": "good",
    "metrics": "system",
    "authorized": "good",
    "connected": "good",
    "disconnected": "system",
    "refused": "warning",
    "key-shown": "system",
    "upload-started": "text",
    "upload-done": "good",
    "upload-failed": "bad",
    "relayed": "system",
    "warning": "warning",
    "stopping": "heading",
}
"""The style of a server's notice, by its event."""

_PROMPT_WORDS = {
    "none": "",
    "cyan": "ansicyan",
    "green": "ansigreen",
    "yellow": "ansiyellow",
    "red": "ansired",
}


def prompt_styles() -> dict[str, str]:
    """The same styles in prompt_toolkit's spelling."""
    styles = {
        name.replace(".", "-"): " ".join(_PROMPT_WORDS.get(word, word) for word in style.split())
        for name, style in STYLES.items()
    }
    return styles | {"prompt": "bold"}
