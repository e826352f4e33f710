"""What a line of JSON must be, whoever chose the values in it."""

import json


def is_json_line(text: str) -> bool:
    """One object that says what it is, in visible ASCII."""
    return text.isascii() and text.isprintable() and {"v", "event"} <= json.loads(text).keys()
