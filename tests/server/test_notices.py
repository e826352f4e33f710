"""The server's notices as lines of text."""

from typing import get_args

import pytest

from rsachat.protocol.safe_text import Span
from rsachat.server.notices import (
    Authorized,
    Connected,
    Disconnected,
    KeyShown,
    Listening,
    Notice,
    RefusedPeer,
    Stopping,
    UploadDone,
    UploadFailed,
    UploadStarted,
    Warned,
)
from tests.support.hostile import HOSTILE, is_safe

ALICE = "127.0.0.1:50412"


@pytest.mark.parametrize(
    ("notice", "event", "text"),
    [
        (
            Listening("127.0.0.1:8000", "abcd-efgh", 3, False, "openssl"),
            "listening",
            "listening on 127.0.0.1:8000, fingerprint abcd-efgh, 3 authorized keys, RSA by openssl",
        ),
        (
            Listening("[::1]:8000", "abcd", 1, True, "pycryptodome"),
            "listening",
            "listening on [::1]:8000, fingerprint abcd, open to every key (1 authorized key),"
            " RSA by pycryptodome",
        ),
        (
            Connected("alice", ALICE, 3),
            "connected",
            "connected alice 127.0.0.1:50412 (clients: 3)",
        ),
        (
            Disconnected("alice", ALICE, 312.9, "quit", 2),
            "disconnected",
            "disconnected alice 127.0.0.1:50412 after 5m12s: quit (clients: 2)",
        ),
        (
            RefusedPeer(ALICE, "not authorized"),
            "refused",
            "refused 127.0.0.1:50412: not authorized",
        ),
        (
            RefusedPeer(ALICE, "not authorized", "bob"),
            "refused",
            "refused bob 127.0.0.1:50412: not authorized",
        ),
        (
            KeyShown(ALICE),
            "key-shown",
            "key shown to 127.0.0.1:50412, which left without logging in",
        ),
        (
            Authorized("bob", ALICE),
            "authorized",
            "authorized bob 127.0.0.1:50412 by its invitation",
        ),
        (
            UploadStarted("alice", ALICE, "target.txt", 1_234_567),
            "upload-started",
            "upload started alice/target.txt from 127.0.0.1:50412 (1.2 MiB)",
        ),
        (
            UploadStarted("alice", ALICE, "target.txt", 1_234_567, done=2560),
            "upload-started",
            "upload started alice/target.txt from 127.0.0.1:50412 (1.2 MiB, going on at 2.5 KiB)",
        ),
        (
            UploadDone("alice", ALICE, "target.txt", 1_234_567, "00ff", 4823),
            "upload-done",
            "upload done alice/target.txt from 127.0.0.1:50412"
            " (1,234,567 bytes, 4,823 chunks, SHA-256 00ff)",
        ),
        (
            UploadFailed("alice", ALICE, "target.txt", "disk full"),
            "upload-failed",
            "upload failed alice/target.txt from 127.0.0.1:50412: disk full",
        ),
        (Warned("one key under two names"), "warning", "warning: one key under two names"),
        (Stopping(2), "stopping", "stopping (clients: 2)"),
    ],
)
def test_a_notice_is_one_line(notice: Notice, event: str, text: str) -> None:
    assert notice.event == event
    assert notice.line.plain == text


def test_each_kind_of_notice_has_its_own_event() -> None:
    events = [kind.event for kind in get_args(Notice)]
    assert len(set(events)) == len(events)


def test_what_was_escaped_stays_marked() -> None:
    assert Span("\\e", True) in RefusedPeer(ALICE, "x", "b\x1bob").line.spans


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_fields_are_safe_in_every_notice(text: str) -> None:
    for notice in (
        Connected(text, text, 1),
        Disconnected(text, text, 1, text, 0),
        RefusedPeer(text, text, text),
        KeyShown(text),
        UploadStarted(text, text, text, 1),
        UploadDone(text, text, text, 1, "00", 1),
        UploadFailed(text, text, text, text),
        Warned(text),
    ):
        assert all(map(is_safe, notice.line.plain))
