"""Codes and roles as numbers on the wire (PROTOCOL sections 1 and 8)."""

from enum import IntEnum


class Role(IntEnum):
    """What a connection is for; the client says it under its signature."""

    CHAT = 0
    UPLOAD = 1
    JOIN = 2


class NoticeKind(IntEnum):
    JOIN = 1
    LEAVE = 2
    COUNT = 3


class FindBy(IntEnum):
    NAME = 0
    ADDRESS = 1


class AlertCode(IntEnum):
    """Fatal: in ALERT and AUTH_RESULT. 0 is "accepted" in AUTH_RESULT only."""

    ACCEPTED = 0
    VERSION = 1
    SUITE = 2
    DECODE = 3
    UNEXPECTED = 4
    AUTH = 5
    NOT_AUTHORIZED = 6
    NAME = 7
    BUSY = 8
    RATE = 9
    SHUTDOWN = 11
    REVOKED = 12
    IDLE = 13
    INTERNAL = 14


class ErrorCode(IntEnum):
    """Not fatal: in ERROR and UP_ABORT."""

    OFFLINE = 100
    BACKLOG = 102
    BAD_MANIFEST = 200
    NAME_REFUSED = 201
    QUOTA = 202
    MODE = 203
    TID_CONFLICT = 204
    ORDER = 205
    CRYPTO = 206
    HASH = 207
    IO = 208
    UNKNOWN_TID = 209
    CANCELLED = 210
    EXISTS = 211
    TAKEN = 212
