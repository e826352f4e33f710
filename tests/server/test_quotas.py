"""Room for one more file, as a table of numbers."""

import pytest

from rsachat.protocol.transfer import TransferKey
from rsachat.server.quotas import Claim, Room, find_room
from rsachat.server.upload_io import Unfinished, Usage
from rsachat.settings import TransferLimits
from tests.support import keys
from tests.support.uploads import make_manifest

ALICE, BOB = keys.public("alice").fingerprint, keys.public("bob").fingerprint
LIMITS = TransferLimits(
    quota_client=1000, quota_total=3000, free_margin=100, unfinished_each=3, unfinished_all=6
)


def key(number: int, fp: bytes = ALICE) -> TransferKey:
    return TransferKey(fp, number.to_bytes(16, "big"))


def waiting(number: int, size: int = 0, idle: float = 10.0, fp: bytes = ALICE) -> Unfinished:
    return Unfinished(key(number, fp), size, idle)


def room(
    size: int,
    stored: dict[str, int] | None = None,
    unfinished: tuple[Unfinished, ...] = (),
    claims: dict[TransferKey, Claim] | None = None,
    free: int = 10_000,
    kept: int = 0,
) -> Room:
    manifest = make_manifest(bytes(size), tid=99)
    usage = Usage(stored or {}, free, unfinished)
    return find_room(manifest, "alice", kept, usage, claims or {}, LIMITS)


@pytest.mark.parametrize(("size", "there"), [(1000, True), (1001, False), (0, True)])
def test_the_quota_of_a_client_counts_the_file(size: int, there: bool) -> None:
    assert (room(size).refusal == "") is there


def test_the_quota_of_a_client_counts_what_is_stored_and_unfinished() -> None:
    stored = {"alice": 500, "bob": 900}
    assert not room(300, stored, (waiting(1, 200),)).refusal
    assert "of this client" in room(301, stored, (waiting(1, 200),)).refusal


def test_a_transfer_on_the_disk_and_with_a_connection_counts_once() -> None:
    claims = {key(1): Claim(600, 0)}
    assert not room(400, {}, (waiting(1, 600),), claims).refusal


def test_a_transfer_that_the_disk_does_not_show_yet_counts() -> None:
    claims = {key(1): Claim(600, 600)}
    assert not room(400, claims=claims).refusal
    assert "of this client" in room(401, claims=claims).refusal


def test_going_on_does_not_count_against_itself() -> None:
    assert not room(1000, {}, (waiting(99, 1000),)).refusal


def test_the_quota_in_total() -> None:
    stored = {"bob": 2500}
    assert not room(400, stored, (waiting(1, 100, fp=BOB),)).refusal
    assert "together" in room(401, stored, (waiting(1, 100, fp=BOB),)).refusal


def test_the_free_space_keeps_a_margin_and_what_was_promised() -> None:
    claims = {key(1, BOB): Claim(900, 300)}
    assert not room(500, claims=claims, free=900).refusal
    assert "free space" in room(501, claims=claims, free=900).refusal
    assert not room(501, claims=claims, free=900, kept=256).refusal


def test_one_too_many_removes_the_longest_idle() -> None:
    unfinished = (waiting(1, idle=5), waiting(2, idle=50), waiting(3, idle=20))
    assert room(1, unfinished=unfinished) == Room("", (key(2),))


def test_one_with_a_connection_is_not_removed() -> None:
    unfinished = (waiting(1, idle=5), waiting(2, idle=50), waiting(3, idle=20))
    claims = {key(2): Claim(0, 0), key(3): Claim(0, 0)}
    assert room(1, unfinished=unfinished, claims=claims) == Room("", (key(1),))
    claims[key(1)] = Claim(0, 0)
    assert "too many" in room(1, unfinished=unfinished, claims=claims).refusal


def test_what_is_removed_makes_room() -> None:
    unfinished = (waiting(1, 400, 5), waiting(2, 500, 50), waiting(3, 0, 20))
    assert room(600, unfinished=unfinished) == Room("", (key(2),))


def test_too_many_of_all_clients() -> None:
    others = tuple(waiting(n, fp=BOB) for n in range(6))
    assert not room(1, unfinished=others[:5]).refusal
    assert "too many" in room(1, unfinished=others).refusal
