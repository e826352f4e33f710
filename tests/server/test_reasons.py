"""Every alert has its words."""

import pytest

from rsachat.protocol.codes import AlertCode
from rsachat.server.reasons import FAILED_PROOF, reason_of


@pytest.mark.parametrize("code", [code for code in AlertCode if code])
def test_every_alert_is_explained_in_its_own_words(code: AlertCode) -> None:
    others = {reason_of(other) for other in AlertCode if other and other is not code}
    assert reason_of(code) not in {*others, "closed", "refused"}


@pytest.mark.parametrize("code", [None, 10, 99])
def test_what_is_no_alert_is_just_an_end(code: int | None) -> None:
    assert reason_of(code) == "closed"


def test_only_refused_proofs_count_as_failed() -> None:
    assert {3, 4, 5, 6} == FAILED_PROOF
