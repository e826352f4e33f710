"""What is refused without looking at the disk."""

from typing import Any

import pytest

from rsachat.protocol.codes import ErrorCode
from rsachat.protocol.transfer import TransferRefused
from rsachat.server.offers import OfferRules
from rsachat.settings import TransferLimits
from tests.support import keys
from tests.support.uploads import Clock, make_manifest

LIMITS = TransferLimits(max_rsa_file=1000)


def code(rules: OfferRules, data: bytes = b"hello", **changes: Any) -> ErrorCode | None:
    try:
        rules.check(make_manifest(data, **changes), keys.public("alice"))
    except TransferRefused as refused:
        return refused.code
    return None


def rules(clock: Clock | None = None, limits: TransferLimits = LIMITS) -> OfferRules:
    return OfferRules(keys.public("server"), (clock or Clock()).ambient(), limits)


def test_a_good_offer_gives_its_name() -> None:
    manifest = make_manifest(b"hello", name="résumé".encode())
    assert rules().check(manifest, keys.public("alice")) == "résumé"


@pytest.mark.parametrize(
    ("data", "changes", "expected"),
    [
        (bytes(1000), {}, None),
        (bytes(1001), {}, ErrorCode.MODE),
        (b"hello", {"name": b"../x"}, ErrorCode.NAME_REFUSED),
        (b"hello", {"mode": 9}, ErrorCode.MODE),
        (b"hello", {"total": 9}, ErrorCode.BAD_MANIFEST),
    ],
)
def test_offers(data: bytes, changes: dict[str, Any], expected: ErrorCode | None) -> None:
    assert code(rules(), data, **changes) is expected


def test_an_envelope_may_be_larger_up_to_its_own_limit() -> None:
    changes = {"mode": 2, "chunk": 65_536, "total": 1, "wrap": bytes(384)}
    small = TransferLimits(max_rsa_file=4, max_file=5)
    assert code(rules(limits=small), b"hello") is ErrorCode.MODE
    assert code(rules(limits=small), b"hello", **changes) is None
    assert code(rules(limits=small), b"hello!", **changes) is ErrorCode.MODE


def test_three_damaged_uploads_in_an_hour_end_uploads_for_an_hour() -> None:
    clock = Clock()
    judge, alice = rules(clock), keys.public("alice").fingerprint
    for _ in range(2):
        judge.count_failure(alice)
        clock.seconds += 1799
    assert code(judge) is None
    judge.count_failure(alice)
    assert code(judge) is ErrorCode.QUOTA
    clock.seconds += 3599
    assert code(judge) is ErrorCode.QUOTA
    clock.seconds += 2
    assert code(judge) is None


def test_failures_are_counted_by_key_and_forgotten() -> None:
    clock = Clock()
    judge = rules(clock)
    for _ in range(3):
        judge.count_failure(keys.public("bob").fingerprint)
    for _ in range(3):
        judge.count_failure(keys.public("alice").fingerprint)
        clock.seconds += 1801
    assert code(judge) is None
