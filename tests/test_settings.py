"""Settings: frozen, explained, and of one mind with the wire and with each other."""

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest

from rsachat import settings
from rsachat.crypto import jobs
from rsachat.protocol import messages as m
from rsachat.protocol.transfer import DATA_BYTES, SEGMENT_BYTES, UNITS_PER_DATA

CLASSES = [
    value
    for value in vars(settings).values()
    if isinstance(value, type) and value.__module__ == settings.__name__
]
WIRE = {
    ("WireLimits", "handshake_frame"): 8192,
    ("WireLimits", "record"): 69_632,
    ("WireLimits", "text"): 61_440,
    ("RecordLimits", "records"): 2**20,
    ("RecordLimits", "ciphertext_bytes"): 2**30,
    ("SessionLimits", "roster"): 500,
    ("TransferLimits", "chunk"): 256,
    ("TransferLimits", "envelope_chunk"): 65_536,
    ("TransferLimits", "units_per_data"): 160,
    ("TransferLimits", "data_bytes"): 65_536,
}
"""What both ends must agree on, as PROTOCOL section 8 has it."""


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_they_are_frozen_and_all_have_a_default(cls: Any) -> None:
    made = cls()
    assert not hasattr(made, "__dict__")
    name = dataclasses.fields(cls)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(made, name, 0)


@pytest.mark.parametrize(("place", "number"), WIRE.items())
def test_the_numbers_of_the_wire(place: tuple[str, str], number: int) -> None:
    cls, name = place
    assert getattr(getattr(settings, cls)(), name) == number


def test_what_is_marked_as_wire_is_held_by_the_test_above() -> None:
    source = Path(settings.__file__).read_text(encoding="utf-8")
    marked = re.findall(r"^    (\w+): .*# wire", source, re.MULTILINE)
    assert sorted(marked) == sorted(name for _, name in WIRE)


def test_the_codec_and_the_jobs_take_their_numbers_from_here() -> None:
    transfer = settings.TransferLimits()
    assert settings.SessionLimits().roster == m.MAX_ENTRIES
    assert (transfer.units_per_data, transfer.data_bytes) == (UNITS_PER_DATA, DATA_BYTES)
    assert SEGMENT_BYTES == transfer.envelope_chunk + 32 == 65_568
    assert transfer.chunk == jobs.CHUNK


def test_the_largest_of_each_kind_fits_into_what_holds_it() -> None:
    wire, relay, transfer = settings.WireLimits(), settings.RelayLimits(), settings.TransferLimits()
    padded = -(-(1 + 8 + 16 + 2 + wire.text) // 128) * 128
    assert 1 + 16 + 4 + 32 + padded <= m.MAX_ENV
    assert m.MAX_ENV < wire.record < relay.in_flight < relay.queue_sender < relay.queue_all
    assert wire.handshake_frame <= wire.inbox_handshake
    assert relay.other_pause < relay.other_close
    assert transfer.units_per_task <= transfer.units_per_message <= transfer.units_per_data
    assert transfer.units_per_data * 384 <= transfer.data_bytes
    assert transfer.units_per_data <= transfer.window
    assert transfer.receipt_kept * 1000 > transfer.manifest_age_ms


def test_times_follow_each_other() -> None:
    session, chat = settings.SessionLimits(), settings.ChatLimits()
    assert session.sent_delay < chat.receipt_delay < chat.receipt_wait < chat.send_wait
    assert session.ping_after < session.dead_after
    assert session.roster_again < session.roster
    assert chat.prekey_seconds * 1000 < chat.bundle_life_ms


def test_what_a_server_is_told_by_nobody_is_the_usual() -> None:
    server = settings.ServerSettings()
    assert (server.host, server.port, server.open) == ("127.0.0.1", 8000, False)
    assert dataclasses.replace(server, port=1).port == 1
