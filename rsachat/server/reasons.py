"""Why a connection ended, in words for the person beside the server."""

from rsachat.protocol.codes import AlertCode

FAILED_PROOF = frozenset(
    {AlertCode.DECODE, AlertCode.UNEXPECTED, AlertCode.AUTH, AlertCode.NOT_AUTHORIZED}
)
"""The alerts that count as a failed handshake when they refuse a CLIENT_AUTH (PROTOCOL 2.3)."""

_REASONS = {
    AlertCode.VERSION: "it speaks another version of the protocol",
    AlertCode.SUITE: "no cipher suite in common",
    AlertCode.DECODE: "malformed bytes",
    AlertCode.UNEXPECTED: "a message out of place",
    AlertCode.AUTH: "its identity is not proven",
    AlertCode.NOT_AUTHORIZED: "its key is not authorized",
    AlertCode.NAME: "the name it wants is another's",
    AlertCode.BUSY: "too many connections at once",
    AlertCode.RATE: "too many attempts",
    AlertCode.SHUTDOWN: "server stopped",
    AlertCode.REVOKED: "its key is revoked",
    AlertCode.IDLE: "timed out",
    AlertCode.INTERNAL: "internal error",
}


def reason_of(code: int | None) -> str:
    """Words for an alert's code; None is an end without one."""
    return _REASONS.get(AlertCode(code), "refused") if code in set(AlertCode) else "closed"
