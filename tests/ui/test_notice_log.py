"""The server's notices as lines."""

import json

import pytest

from rsachat.server.notices import Connected, RefusedPeer
from rsachat.ui.line_writer import LineWriter
from rsachat.ui.notice_log import NoticeLog, lost_as_json
from tests.support.hostile import HOSTILE, is_safe
from tests.support.ui import ALICE, MOMENT, Sink


def test_a_line_has_the_time_in_utc() -> None:
    pipe = Sink()
    NoticeLog(LineWriter(pipe.fd)).show(Connected("alice", ALICE, 3), MOMENT)
    assert pipe.text() == f"2026-11-25T09:51:57Z connected alice {ALICE} (clients: 3)\n"


def test_json_instead() -> None:
    pipe = Sink()
    NoticeLog(LineWriter(pipe.fd), json=True).show(Connected("alice", ALICE, 3), MOMENT)
    assert json.loads(pipe.text())["clients"] == 3


def test_lost_lines_are_said_in_json_too() -> None:
    line = json.loads(lost_as_json(lambda: MOMENT)(3))
    assert (line["event"], line["text"]) == ("warning", "3 lines not written")


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_name_stays_on_its_line(text: str, as_json: bool) -> None:
    pipe = Sink()
    NoticeLog(LineWriter(pipe.fd), json=as_json).show(RefusedPeer(text, text, text), MOMENT)
    line = pipe.text().removesuffix("\n")
    assert all(map(is_safe, line.replace("\u200d", "").replace("\u200c", "")))
