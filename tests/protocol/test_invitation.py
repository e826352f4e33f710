"""The code of an invitation: its one form, what a person may do to it, and all that is none."""

from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rsachat.protocol.invitation import Invitation, hashed_secret, parse_code

NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True).filter(
    lambda name: name not in ("server", "all", "system")
)
INVITATIONS = st.builds(
    Invitation, NAMES, st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16)
)
BOB = Invitation("bob", bytes(range(16)), bytes(range(16, 32)))
CODE = "bob.aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypq"


def test_the_code_as_it_is_passed_on() -> None:
    assert BOB.code() == CODE
    assert base64.b32decode(CODE[4:].upper() + "====") == bytes(range(32))
    assert parse_code(CODE) == BOB


def test_what_the_server_keeps() -> None:
    expected = hashlib.sha256(b"rsachat/1 invite\x00" + BOB.secret).digest()
    assert hashed_secret(BOB.secret) == expected


def test_a_secret_is_in_no_repr() -> None:
    assert repr(BOB.secret) not in repr(BOB)


@given(INVITATIONS)
def test_every_code_is_read_back(invitation: Invitation) -> None:
    assert parse_code(invitation.code()) == invitation


@given(INVITATIONS, st.lists(st.integers(0, 90), max_size=8))
def test_case_and_white_space_are_free(invitation: Invitation, breaks: list[int]) -> None:
    text = invitation.code().upper()
    for place in breaks:
        text = text[:place] + "\n " + text[place:]
    assert parse_code(f"\t{text}\r\n") == invitation


@given(st.text())
@example(CODE + "a")
@example(CODE[:-1])
@example(CODE[:-1] + "r")  # bits that belong to no byte
@example(CODE + "====")
@example(CODE[4:])
@example(CODE.replace("bob", "server"))
@example(CODE.replace("bob", "b/b"))
@example(CODE.replace("k", "\u212a"))  # the Kelvin sign is k in lower case
@example(CODE.replace(".", "-"))
@example("bob.")
@example("")
def test_anything_else_is_refused_as_no_code(text: str) -> None:
    with pytest.raises(ValueError):
        parse_code(text)


@given(INVITATIONS, st.data())
def test_a_changed_letter_is_another_invitation_or_none(
    invitation: Invitation, data: st.DataObject
) -> None:
    code = invitation.code()
    place = data.draw(st.integers(len(invitation.name) + 1, len(code) - 1))
    letter = data.draw(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
    changed = code[:place] + letter + code[place + 1 :]
    try:
        assert (parse_code(changed) == invitation) == (changed == code)
    except ValueError:
        assert changed != code
