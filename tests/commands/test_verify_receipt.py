"""`rsachat verify-receipt`: what it says, and which exit code each case has."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rsachat.cli import main
from rsachat.crypto.fingerprint import fingerprint_text
from tests.support import keys
from tests.support.keyfolder import put_public
from tests.support.receipts import receipt_file

DATA = b"what was uploaded"
Told = Callable[[], tuple[str, str]]


@pytest.fixture
def kept(place: Path) -> Path:
    """A folder with a receipt of the known server and the file it is for."""
    put_public(place / "keys", "server", "server")
    (place / "a.txt").write_bytes(DATA)
    (place / "a.receipt").write_bytes(receipt_file(DATA).encode())
    return place


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    return capsys.readouterr


def verify(*options: str) -> int:
    return main(["verify-receipt", "a.receipt", "a.txt", *options])


def test_a_right_one_says_what_was_received_and_when(kept: Path, told: Told) -> None:
    assert verify() == 0
    out, err = told()
    signer = fingerprint_text(keys.public("server").fingerprint)
    assert "a.txt  17 bytes  SHA-256 " in out
    assert f"received 2026-09-21 14:13:25 UTC  signed by server {signer}" in out
    assert fingerprint_text(keys.public("alice").fingerprint) in out
    assert err == ""


def test_json_says_the_same(kept: Path, told: Told) -> None:
    assert verify("--json") == 0
    (event,) = map(json.loads, told()[0].splitlines())
    assert (event["event"], event["v"], event["size"]) == ("receipt-verified", 1, 17)
    assert event["receipt_time"] == "2026-09-21T14:13:25.000Z"
    assert event["signed_by"] == fingerprint_text(keys.public("server").fingerprint)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(which=st.sampled_from(["a.receipt", "a.txt"]), draw=st.data())
def test_one_flipped_bit_in_either_is_exit_1(kept: Path, which: str, draw: st.DataObject) -> None:
    whole = (kept / which).read_bytes()
    bit = draw.draw(st.integers(0, len(whole) * 8 - 1))
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    (kept / which).write_bytes(flipped)
    try:
        assert verify() == 1
    finally:
        (kept / which).write_bytes(whole)


def test_an_unknown_signer_is_exit_4(kept: Path, told: Told) -> None:
    (kept / "keys" / "server-rsapub.pem").unlink()
    assert verify() == 4
    assert "--server-key FILE" in told()[1]


def test_another_known_server_does_not_do(kept: Path) -> None:
    put_public(kept / "keys", "server", "bob")
    assert verify() == 4


def test_a_named_key_decides_alone(kept: Path) -> None:
    put_public(kept, "carol", "carol")
    assert verify("--server-key", "carol-rsapub.pem") == 4
    (kept / "keys" / "server-rsapub.pem").rename(kept / "right.pem")
    assert verify("--server-key", "right.pem") == 0


def test_a_pinned_server_is_known(kept: Path) -> None:
    (kept / "keys" / "server-rsapub.pem").unlink()
    fp = fingerprint_text(keys.public("server").fingerprint)
    pins = kept / "keys" / "known_servers"
    pins.write_text(f"example.org:8000 {fp} tofu 2026-01-01T00:00:00Z\n")
    assert verify() == 0


@pytest.mark.parametrize("gone", ["a.receipt", "a.txt"])
def test_what_cannot_be_read_is_said(kept: Path, told: Told, gone: str) -> None:
    (kept / gone).unlink()
    assert verify() == 1
    assert f"cannot read {gone}" in told()[1]


def test_something_else_in_its_place_is_no_receipt(kept: Path, told: Told) -> None:
    (kept / "a.receipt").write_bytes(bytes(100_000))
    assert verify() == 1
    assert "no receipt for a.txt" in told()[1]


def test_help_shows_examples(told: Told) -> None:
    assert main(["verify-receipt", "--help"]) == 0
    assert "rsachat verify-receipt report.receipt report.pdf" in told()[0]
