"""JSON: the documented fields, ASCII only."""

import json
from typing import Any

import pytest

from rsachat.client import views
from rsachat.server import notices
from rsachat.ui.json_output import notice_json, view_json
from tests.support.hostile import HOSTILE
from tests.support.ui import ALICE, MOMENT, all_views, message, own

TIME = "2026-11-25T09:51:57.123Z"


def loaded(view: views.View) -> dict[str, Any]:
    line = view_json(view, MOMENT)
    assert line is not None
    result: dict[str, Any] = json.loads(line)
    return result


def test_each_line_begins_with_version_event_and_time() -> None:
    line = notice_json(notices.Stopping(2), MOMENT)
    assert line == f'{{"v":1,"event":"stopping","time":"{TIME}","clients":2}}'


def test_a_notice_has_its_fields() -> None:
    notice = notices.UploadDone("alice", ALICE, "target.txt", 10, "00ff", 1)
    assert json.loads(notice_json(notice, MOMENT)) == {
        "v": 1, "event": "upload-done", "time": TIME, "name": "alice", "address": ALICE,
        "file": "target.txt", "size": 10, "sha256": "00ff", "chunks": 1,
    }  # fmt: skip


def test_a_message_has_its_sender_and_its_own_time() -> None:
    assert loaded(message("a\nb", time_ms=0)) == {
        "v": 1,
        "event": "message",
        "time": "1970-01-01T00:00:00.000Z",
        "id": "0f" * 16,
        "from": {
            "name": "alice",
            "address": ALICE,
            "fingerprint": "abcd-efgh",
            "trust": "pinned",
        },
        "to": "@me",
        "text": "a\nb",
        "envelope": "",
    }


@pytest.mark.parametrize(
    ("view", "event", "fields"),
    [
        (
            views.Connected(ALICE, "s:1", "ab", 3, "me"),
            "connected",
            {"address": ALICE, "server": "s:1", "fingerprint": "ab", "clients": 3, "name": "me"},
        ),
        (views.Sent("1"), "sent", {"id": "1"}),
        (views.Delivered("1", 1, 2), "delivered", {"id": "1", "delivered": 1, "total": 2}),
        (
            views.Undelivered("1", "@bob", "x", "gone"),
            "undelivered",
            {"id": "1", "to": "@bob", "text": "x", "reason": "gone"},
        ),
        (
            views.Rejected("@x y", "why", "so"),
            "undelivered",
            {"id": None, "to": None, "text": "@x y", "reason": "why", "hint": "so"},
        ),
        (views.Joined("b", ALICE, 2), "joined", {"name": "b", "address": ALICE, "clients": 2}),
        (views.Left("b", ALICE, 1), "left", {"name": "b", "address": ALICE, "clients": 1}),
        (views.Closed("bye", True), "closed", {"reason": "bye", "orderly": True}),
        (views.Warned("look"), "warning", {"text": "look"}),
    ],
)
def test_each_event_has_its_fields(view: views.View, event: str, fields: dict[str, object]) -> None:
    assert loaded(view) == {"v": 1, "event": event, "time": TIME} | fields


def test_what_only_a_person_needs_is_no_event() -> None:
    for view in (own("x"), views.System("x"), views.Chosen("@b"), views.Help()):
        assert view_json(view, MOMENT) is None


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_escaped_and_comes_back_whole(text: str) -> None:
    for view in all_views(text):
        line = view_json(view, MOMENT)
        if line is not None:
            assert line.isascii()
            assert line.isprintable()
    assert loaded(message(text))["text"] == text
