"""Views: the names that JSON readers depend on."""

import dataclasses
from typing import get_args

from rsachat.client import views


def test_each_view_is_data_that_cannot_change() -> None:
    for kind in get_args(views.View):
        assert dataclasses.is_dataclass(kind)
        assert "__slots__" in vars(kind)


def test_the_documented_events_exist() -> None:
    events = {kind.event for kind in get_args(views.View)} - {""}
    assert events >= {
        "connected", "message", "sent", "delivered", "undelivered", "joined", "left", "closed",
    }  # fmt: skip


def test_trust_reads_as_a_word() -> None:
    assert [str(trust) for trust in views.Trust] == ["new", "pinned", "verified"]
