"""The numbers of PROTOCOL sections 1 and 8, written out: a change here is a change of the wire."""

from enum import IntEnum

import pytest

from rsachat.protocol.codes import AlertCode, ErrorCode, FindBy, NoticeKind, Role


def numbered(first: int, names: str) -> dict[str, int]:
    """Names and their numbers in a row; a dash is a number not given."""
    return {name: first + i for i, name in enumerate(names.split()) if name != "-"}


NUMBERS: dict[type[IntEnum], dict[str, int]] = {
    Role: {"CHAT": 0, "UPLOAD": 1, "JOIN": 2},
    NoticeKind: {"JOIN": 1, "LEAVE": 2, "COUNT": 3},
    FindBy: {"NAME": 0, "ADDRESS": 1},
    AlertCode: numbered(
        0,
        "ACCEPTED VERSION SUITE DECODE UNEXPECTED AUTH NOT_AUTHORIZED NAME BUSY RATE"
        " - SHUTDOWN REVOKED IDLE INTERNAL",
    ),
    ErrorCode: numbered(100, "OFFLINE - BACKLOG")
    | numbered(
        200,
        "BAD_MANIFEST NAME_REFUSED QUOTA MODE TID_CONFLICT ORDER CRYPTO HASH IO UNKNOWN_TID"
        " CANCELLED EXISTS TAKEN",
    ),
}


@pytest.mark.parametrize("codes", NUMBERS, ids=lambda codes: codes.__name__)
def test_the_numbers(codes: type[IntEnum]) -> None:
    assert {code.name: code.value for code in codes} == NUMBERS[codes]


def test_no_alert_is_an_error_code() -> None:
    assert not {int(code) for code in AlertCode} & {int(code) for code in ErrorCode}
