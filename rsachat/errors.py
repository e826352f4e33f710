"""The tree of errors. Imports nothing.

    RsachatError          1    failed, and a person is told what, why and what to do
    ├── UsageError        2    wrong usage
    ├── ConnectError      3    cannot connect, or lost before the work was done
    ├── RefusedError      4    not authorized, not proven, or a pinned key changed
    ├── KeyFileError      5    wrong password, missing or unreadable key
    └── Interrupted     130    Ctrl+C, SIGTERM or SIGHUP before the work was done
    ProtocolError              a peer broke the protocol; never shown raw

The number is the exit code of the command that ends with the error.
"""


class RsachatError(Exception):
    """An error a person reads: what happened, why (if known), and what to do next."""

    exit_code = 1

    def __init__(self, what: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint


class UsageError(RsachatError):
    """The command line does not say something that can be done."""

    exit_code = 2


class ConnectError(RsachatError):
    """The server is absent, busy or limiting, or the connection was lost too early."""

    exit_code = 3


class RefusedError(RsachatError):
    """An identity was refused, by the server or by this side."""

    exit_code = 4


class KeyFileError(RsachatError):
    """A key is missing, unreadable, of a wrong kind, or its password is wrong."""

    exit_code = 5


class Interrupted(RsachatError):
    """A signal ended the command before its work was done."""

    exit_code = 130


class ProtocolError(Exception):
    """A peer's bytes broke the protocol.

    `code` is the alert that answers it (PROTOCOL section 8), `detail` is for the local log
    and is never sent.
    """

    def __init__(self, code: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
