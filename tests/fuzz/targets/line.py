"""Every line has an intent; a text goes out as it was typed, an address in one form only."""

import re

from rsachat.client import lines
from rsachat.names import is_name
from tests.fuzz.drawn import Drawn

_CHOSEN = (None, "@alice", "127.0.0.1:5")


def seeds() -> list[bytes]:
    texts = (
        *("hello", "quit", "/to @bob", "/to 127.0.0.1:5", "/who", "/verify bob", "/say /x"),
        *("@bob hi there", "127.0.0.1:5/x", "[::1]:9\\a\\b", "localhost:1/", "/nope", "  "),
        *("[::ffff:1.2.3.4]:5/x", "1.2.3.4:99999/x", "@", "\ufffd\u2028x", "/help me"),
    )
    return [bytes([n % 3]) + text.encode() for n, text in enumerate(texts)]


def target(data: bytes) -> None:
    drawn = Drawn(data)
    chosen = drawn.one_of(_CHOSEN)
    line = drawn.rest().decode("utf-8", "surrogateescape")
    intent = lines.parse_line(line, chosen)
    match intent:
        case lines.ToAddress(address, text):
            assert lines.parse_address(address) == address
            assert 1 <= int(address.rpartition(":")[2]) <= 65_535
            _check_text(line, text)
        case lines.ToName(name, text):
            assert is_name(name)
            _check_text(line, text)
        case lines.ToChosen(text) | lines.Say(text):
            assert chosen is not None
            _check_text(line, text)
        case lines.NotAddressed():
            assert chosen is None
        case lines.Choose(who) | lines.Verify(who):
            assert lines.parse_who(who) == who
        case lines.Bad(reason):
            assert reason
        case _:
            assert isinstance(intent, lines.Nothing | lines.Who | lines.Help | lines.Quit)


def _check_text(line: str, text: str) -> None:
    assert _without_surrogates(line).endswith(text)
    assert text.strip()
    assert len(text.encode("utf-8")) <= lines.MAX_TEXT


def _without_surrogates(text: str) -> str:
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
