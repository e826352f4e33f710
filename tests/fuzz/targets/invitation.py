"""A code that parses is the code of what it parses to; all else is a ValueError."""

from rsachat.protocol.invitation import SECRET, SERVER_PREFIX, Invitation, parse_code


def seeds() -> list[bytes]:
    code = Invitation("alice", b"s" * SECRET, b"f" * SERVER_PREFIX).code()
    return [code.encode(), code.upper().encode(), f" {code[:9]} {code[9:]}\n".encode(), b"alice."]


def target(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        invitation = parse_code(text)
    except ValueError:
        return
    assert invitation.code() == "".join(text.split()).lower()
    assert (len(invitation.secret), len(invitation.server)) == (SECRET, SERVER_PREFIX)
