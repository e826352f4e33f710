"""What a person is told when a server refuses or ends an upload (PROTOCOL section 8)."""

from rsachat.errors import RefusedError, RsachatError
from rsachat.protocol.codes import ErrorCode

_AGAIN = "the same command tries again"

REASONS: dict[int, tuple[str, str]] = {
    ErrorCode.BAD_MANIFEST: (
        "the server does not accept what was offered",
        "check this machine's clock against the server's",
    ),
    ErrorCode.NAME_REFUSED: (
        "the server does not store files under this name",
        "choose another one with --as NAME",
    ),
    ErrorCode.QUOTA: (
        "the server has no room for it: a quota is reached, or its disk is full",
        "ask who runs the server; files that are deleted there make room",
    ),
    ErrorCode.MODE: (
        "the server does not take files of this size",
        "ask who runs the server for its limits",
    ),
    ErrorCode.TID_CONFLICT: ("the server knows another file under this transfer", _AGAIN),
    ErrorCode.ORDER: ("the server lost track of the chunks", _AGAIN),
    ErrorCode.CRYPTO: ("the server could not decrypt a chunk", _AGAIN),
    ErrorCode.HASH: ("what the server received is not what was offered", _AGAIN),
    ErrorCode.IO: ("the server could not store it", f"its disk may be full; later, {_AGAIN}"),
    ErrorCode.UNKNOWN_TID: ("the server no longer knows this transfer", _AGAIN),
    ErrorCode.CANCELLED: ("the server gave it up", _AGAIN),
    ErrorCode.EXISTS: (
        "another file has this name on the server",
        "--replace replaces it, --as NAME stores this one under another name",
    ),
    ErrorCode.TAKEN: ("another rsachat goes on with this upload", "let that one finish"),
}


def aborted(name: str, code: int) -> RsachatError:
    """The error for an UP_ABORT; a code that is not known says its number."""
    why, hint = REASONS.get(code, (f"the server ended it (code {code})", _AGAIN))
    return RsachatError(f"{name} was not uploaded", why=why, hint=hint)


def too_large(name: str, limit: str, *, envelope: bool, fits_envelope: bool) -> RsachatError:
    """The file is over what the server told at login; `limit` is an amount in words.

    `envelope` is how it would have been sent, `fits_envelope` whether it could be sent so.
    """
    how = "" if envelope else ", each chunk under RSA"
    option = "--max-file" if envelope or not fits_envelope else "--max-rsa-file"
    raised = f"its operator can raise the limit with {option}"
    return RsachatError(
        f"{name} was not uploaded",
        why=f"it is too large: this server takes at most {limit}{how}",
        hint=raised if envelope or not fits_envelope else f"--envelope sends it; or {raised}",
    )


def forged_receipt(name: str) -> RsachatError:
    return RefusedError(
        f"{name} has no valid receipt",
        why="the receipt is not this server's signature over this file",
        hint="ask who runs the server",
    )


def kept_changing(name: str) -> RsachatError:
    return RsachatError(
        f"{name} was not uploaded",
        why="it kept changing while it was read",
        hint="upload a copy of it",
    )


def kept_differing(name: str) -> RsachatError:
    return RsachatError(
        f"{name} was not uploaded",
        why="the server's copy of its beginning differs, twice in a row",
        hint=_AGAIN,
    )


def worker_failed(name: str, reason: str) -> RsachatError:
    return RsachatError(f"{name} was not uploaded", why=f"a worker failed: {reason}", hint=_AGAIN)
