"""What the end of a connection means for a person: an error with its hint, or nothing wrong."""

from rsachat.client.channel import End, Ended
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import ConnectError, RefusedError, RsachatError
from rsachat.protocol.codes import AlertCode
from rsachat.protocol.frames import other_version

_LATER = "try again in a moment"
_PASSING = frozenset({AlertCode.BUSY, AlertCode.RATE, AlertCode.IDLE, AlertCode.INTERNAL})
REFUSALS: dict[int, tuple[type[RsachatError], str, str]] = {
    AlertCode.NOT_AUTHORIZED: (
        RefusedError,
        "this key is not authorized there",
        "who runs the server lets you in by: rsachat invite NAME, or rsachat authorize FILE",
    ),
    AlertCode.AUTH: (
        RefusedError,
        "the proof of this identity was not accepted",
        "rsachat keys shows which keys lie here",
    ),
    AlertCode.NAME: (
        RefusedError,
        "the name is another key's there",
        "choose another identity with --name",
    ),
    AlertCode.REVOKED: (
        RefusedError,
        "this key is no longer authorized there",
        "ask who runs the server",
    ),
    AlertCode.BUSY: (ConnectError, "the server is busy", _LATER),
    AlertCode.RATE: (ConnectError, "the server limits this key or address", _LATER),
    AlertCode.SHUTDOWN: (ConnectError, "the server is stopping", _LATER),
    AlertCode.INTERNAL: (
        ConnectError,
        "the server has trouble of its own",
        "try again in a moment; its log says more to who runs it",
    ),
    AlertCode.IDLE: (ConnectError, "the server waited too long for this side", _LATER),
}


def ending_error(ended: Ended, server: str, pin: bytes | None) -> RsachatError | None:
    """The error behind an end, or None: it was in order. `server` is `host:port`."""
    if ended.logged_in:
        return _session_error(ended, server)
    what = f"cannot log in at {server}"
    match ended.end:
        case End.CHANGED if ended.key is not None and pin is not None:
            return changed_server(server, pin, ended.key.fingerprint)
        case End.REFUSED | End.BROKEN if ended.code == AlertCode.VERSION:
            why = ended.detail or other_version(ended.versions)
            hint = "use the same version of rsachat on both sides"
            return ConnectError(what, why=why, hint=hint)
        case End.REFUSED:
            return _refusal(ended, what)
        case End.TIMED_OUT:
            return ConnectError(what, why="no login came about in time", hint=_LATER)
        case End.BROKEN:
            why = f"what answers there broke the protocol ({ended.detail})"
        case _:
            why = "the connection was closed before the login"
    return ConnectError(what, why=why, hint="is it an rsachat server? check --server HOST:PORT")


def may_try_again(ended: Ended) -> bool:
    """Whether another login can help: never after a refusal of identity, key or version."""
    if ended.end in (End.CUT, End.TIMED_OUT):
        return True
    return ended.end in (End.REFUSED, End.ALERT) and ended.code in _PASSING


def changed_server(server: str, pin: bytes, found: bytes) -> RefusedError:
    """The hard stop for another key than the pinned one; both are named."""
    return RefusedError(
        f"the key of the server {server} has changed",
        why=(
            f"expected {fingerprint_text(pin)}\n"
            f"found    {fingerprint_text(found)}\n"
            "someone may be in between: nothing was sent"
        ),
        hint=f"ask who runs the server; if the change is expected: rsachat trust replace {server}",
    )


def changed_own_name(server: str, first: str, now: str) -> RefusedError:
    """The server calls this key by another name than at first."""
    return RefusedError(
        f"the server {server} calls this key {now}; it was {first} before",
        why="a name is not changed behind its owner's back: nothing was sent",
        hint=f"ask who runs the server; if it is expected: rsachat trust replace {server}",
    )


def lost(server: str, why: str) -> ConnectError:
    """The end of a connection that was on, without a goodbye."""
    return ConnectError(f"the connection to {server} was lost", why=why, hint=_LATER)


def _session_error(ended: Ended, server: str) -> RsachatError | None:
    if ended.end is End.CLOSED or ended.code == AlertCode.SHUTDOWN:
        return None
    if ended.end is End.ALERT:
        return _refusal(ended, f"the server {server} ended the session")
    reasons = {
        End.TIMED_OUT: "it does not answer any more",
        End.BROKEN: f"it broke the protocol ({ended.detail})",
        End.CUT: ended.detail or "it ended without a goodbye",
    }
    why = reasons.get(ended.end, "")
    return lost(server, why)


def _refusal(ended: Ended, what: str) -> RsachatError:
    kind, why, hint = REFUSALS.get(
        ended.code, (ConnectError, f"it answered with alert {ended.code}", _LATER)
    )
    return kind(what, why=why, hint=hint)
