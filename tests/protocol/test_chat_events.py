"""Reports are told apart by their words, since that is all a person sees of them."""

import pytest

from rsachat.protocol.bundle import BundleFault
from rsachat.protocol.chat_events import DropReason, Failure


@pytest.mark.parametrize("kind", [DropReason, Failure, BundleFault])
def test_every_reason_has_words_of_its_own(kind: type[DropReason]) -> None:
    words = [reason.value for reason in kind]
    assert len(set(words)) == len(words)
    assert list(kind.__members__) == [reason.name for reason in kind], "no two are one alias"
