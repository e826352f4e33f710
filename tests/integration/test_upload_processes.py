"""Uploads between real processes: every edge size, resuming, ends in the middle, bad input."""

import hashlib
import os
import signal
import time
from pathlib import Path

import pytest

from rsachat.protocol.receipt import decode_receipt
from tests.support.keyfolder import put_pair, put_public
from tests.support.program import Process, Site, until

SLOW = 200_000  # bytes: one second of a server's work


@pytest.fixture
def alice(site: Site) -> Path:
    site.person("alice")
    return site.machine("alice")


def upload(site: Site, *words: str) -> Process:
    return site.start("alice", "upload", *words, "--server", site.address)


def stored(site: Site, name: str) -> Path:
    return site.machine("server") / "uploads" / "alice" / name


def part_size(site: Site) -> int:
    sizes = [p.stat().st_size for p in site.machine("server").glob("uploads/.parts/*/*.part")]
    return sum(sizes)


def test_every_size_arrives_as_it_is(site: Site, alice: Path) -> None:
    sources = {f"{size}.bin": os.urandom(size) for size in (0, 1, 255, 256, 257, 100_000)}
    for name, data in sources.items():
        (alice / name).write_bytes(data)
    server = site.serve()
    sender = upload(site, *sources, "--json")
    for name, data in sources.items():
        done = sender.event("upload-done")
        assert (done["size"], done["chunks"]) == (len(data), -(-len(data) // 256))
        assert done["sha256"] == hashlib.sha256(data).hexdigest()
        assert not done["already_there"]
        assert stored(site, name).read_bytes() == data
        assert server.event("upload-started")["size"] == len(data)
        assert server.event("upload-done")["sha256"] == done["sha256"]
    assert sender.wait() == 0
    receipts = site.machine("server").glob("uploads/.parts/*/*.receipt")
    sizes = sorted(decode_receipt(receipt.read_bytes()).size for receipt in receipts)
    assert sizes == sorted(map(len, sources.values()))
    assert not list((alice / "keys" / "transfers").iterdir())


def test_the_classic_pair_and_several_files(site: Site, alice: Path) -> None:
    for name in ("source.txt", "b.txt", "é.txt"):
        (alice / name).write_text(name)
    site.serve()
    sender = upload(site, "source.txt", "b.txt", "absent.txt", ".", "é.txt")
    assert sender.wait() == 1
    assert [line.split("  ")[0] for line in sender.stdout] == ["target.txt", "b.txt", "é.txt"]
    assert "receipt signed by server" in sender.stdout[0]
    assert stored(site, "target.txt").read_text() == "source.txt"
    assert "cannot read absent.txt" in sender.errors
    assert "it is a folder" in sender.errors
    assert "Traceback" not in sender.errors


def test_again_is_already_there_and_another_is_refused_unless_replaced(
    site: Site, alice: Path
) -> None:
    (alice / "a.txt").write_text("one")
    site.serve()
    assert upload(site, "a.txt").wait() == 0
    again = upload(site, "a.txt")
    assert again.wait() == 0
    assert "already there" in again.stdout[0]
    (alice / "a.txt").write_text("two")
    refused = upload(site, "a.txt")
    assert refused.wait() == 1
    assert "--replace" in refused.errors
    assert stored(site, "a.txt").read_text() == "one"
    assert upload(site, "a.txt", "--replace").wait() == 0
    assert stored(site, "a.txt").read_text() == "two"


def test_standard_input_is_kept_and_sent(site: Site, alice: Path) -> None:
    site.serve()
    sender = upload(site, "-", "--as", "piped.txt")
    sender.write("from a pipe")
    sender.close_stdin()
    assert sender.wait() == 0
    assert stored(site, "piped.txt").read_text() == "from a pipe\n"
    assert "cannot be gone on with" in sender.errors
    assert not list((alice / "keys" / "transfers").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_sender_goes_on_where_it_was(
    site: Site, alice: Path, number: signal.Signals
) -> None:
    data = os.urandom(SLOW)
    (alice / "big").write_bytes(data)
    server = site.serve()
    first = upload(site, "big")
    until(lambda: part_size(site) > 20_000)
    first.signal(number)
    assert first.wait() == (130 if number != signal.SIGKILL else -9)
    server.event("upload-failed")
    assert not stored(site, "big").exists()
    if number != signal.SIGKILL:
        assert "the same command goes on" in first.errors
    reached = part_size(site)
    second = upload(site, "big")
    started = server.event("upload-started")
    assert started["done"] == reached // 256 * 256 > 0
    assert second.wait(40) == 0
    assert stored(site, "big").read_bytes() == data


@pytest.mark.slow
@pytest.mark.parametrize("way", ["killed", "stopped"])
def test_a_server_that_goes_and_comes_back_is_gone_on_with(
    site: Site, alice: Path, way: str
) -> None:
    """The same sender process: it tries again by itself."""
    data = os.urandom(SLOW)
    (alice / "big").write_bytes(data)
    server = site.serve()
    port = site.address.rsplit(":", 1)[1]
    sender = upload(site, "big")
    until(lambda: part_size(site) > 20_000)
    if way == "killed":
        server.kill()
    else:
        server.signal(signal.SIGTERM)
        assert server.wait() == 0
    until(lambda: "trying again" in sender.errors)
    assert part_size(site) > 0
    again = site.serve(port=port)
    assert again.event("upload-started")["done"] > 0
    assert sender.wait(50) == 0
    assert stored(site, "big").read_bytes() == data


@pytest.mark.slow
def test_without_retry_a_lost_server_is_exit_3(site: Site, alice: Path) -> None:
    (alice / "big").write_bytes(os.urandom(SLOW))
    server = site.serve()
    sender = upload(site, "big", "--no-retry")
    until(lambda: part_size(site) > 0)
    server.kill()
    assert sender.wait() == 3
    assert "the same command goes on" in sender.errors
    assert "Traceback" not in sender.errors


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["server", "sender"])
def test_a_worker_killed_in_the_middle_loses_nothing(site: Site, alice: Path, whose: str) -> None:
    data = os.urandom(SLOW)
    (alice / "big").write_bytes(data)
    server = site.serve()
    sender = upload(site, "big")
    until(lambda: part_size(site) > 20_000)
    victims = (server if whose == "server" else sender).workers()
    os.kill(victims[0], signal.SIGKILL)
    assert sender.wait(40) == 0
    assert stored(site, "big").read_bytes() == data
    until(lambda: victims[0] not in server.children())


@pytest.mark.slow
def test_two_uploads_at_once_and_a_chat_beside_them(site: Site, alice: Path) -> None:
    site.person("bob")
    site.serve()
    for name in ("alice", "bob"):
        (site.machine(name) / "big").write_bytes(name.encode() * 16_000)
    senders = [
        site.start(name, "upload", "big", "--server", site.address) for name in ("alice", "bob")
    ]
    until(lambda: len(list(site.machine("server").glob("uploads/.parts/*/*.part"))) == 2)
    talkers = [site.client("alice"), site.client("bob")]
    began = time.monotonic()
    talkers[0].write("@bob in between")
    assert talkers[1].event("message")["text"] == "in between"
    assert time.monotonic() - began < 5
    for sender in senders:
        assert sender.wait(40) == 0
    for name in ("alice", "bob"):
        path = site.machine("server") / "uploads" / name / "big"
        assert path.read_bytes() == name.encode() * 16_000


def test_a_stranger_is_refused(site: Site) -> None:
    site.serve()
    put_pair(site.keys_of("carol"), "carol", "carol")
    put_public(site.keys_of("carol"), "server", "server")
    (site.machine("carol") / "a.txt").write_text("x")
    sender = site.start("carol", "upload", "a.txt", "--server", site.address)
    assert sender.wait() == 4
    assert "not authorized" in sender.errors


def test_an_absent_server_is_exit_3_at_once(site: Site, alice: Path) -> None:
    (alice / "a.txt").write_text("x")
    sender = site.start("alice", "upload", "a.txt", "--server", "127.0.0.1:1")
    assert sender.wait() == 3
    assert "hint:" in sender.errors


def test_too_large_is_said_before_the_first_chunk(site: Site, alice: Path) -> None:
    (alice / "big").write_bytes(bytes(70_000))
    server = site.serve("--max-rsa-file", "64KiB")
    sender = upload(site, "big")
    assert sender.wait() == 1
    assert "64.0 KiB" in sender.errors
    server.signal(signal.SIGINT)
    server.wait()
    assert not any("upload" in line for line in server.stdout)


def test_a_full_quota_is_said_on_both_sides(site: Site, alice: Path) -> None:
    (alice / "big").write_bytes(bytes(70_000))
    server = site.serve("--quota-client", "64KiB")
    sender = upload(site, "big")
    assert sender.wait() == 1
    assert "quota" in sender.errors
    assert "quota" in server.event("upload-failed")["reason"]
    assert part_size(site) == 0


def test_an_uploads_folder_that_vanished_is_said_and_survived(site: Site, alice: Path) -> None:
    (alice / "a.txt").write_text("x")
    server = site.serve()
    (site.machine("server") / "uploads").rename(site.machine("server") / "moved")
    sender = upload(site, "a.txt")
    assert sender.wait() == 1
    assert "could not store" in sender.errors
    server.event("upload-failed")
    (site.machine("server") / "moved").rename(site.machine("server") / "uploads")
    assert upload(site, "a.txt").wait() == 0


def test_no_name_that_would_not_be_stored_is_offered(site: Site, alice: Path) -> None:
    (alice / "a.txt").write_text("x")
    site.serve()
    for name in ("../x", ".bashrc", "NUL", "a\u202eb"):
        sender = upload(site, "a.txt", f"--as={name}")
        assert sender.wait() == 1
        assert "cannot be stored" in sender.errors
        assert "\u202e" not in sender.errors


# envelope mode and receipts

SEGMENT = 65_536


def test_an_envelope_of_every_size_arrives_with_a_receipt(site: Site, alice: Path) -> None:
    sizes = (0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 5_000_000)
    sources = {f"{size}.bin": os.urandom(size) for size in sizes}
    for name, data in sources.items():
        (alice / name).write_bytes(data)
    site.serve("--max-rsa-file", "1KiB")
    sender = upload(site, *sources, "--envelope", "--receipt", "kept", "--json")
    for name, data in sources.items():
        done = sender.event("upload-done")
        assert (done["size"], done["chunks"]) == (len(data), -(-len(data) // SEGMENT))
        assert stored(site, name).read_bytes() == data
        checked = site.start("alice", "verify-receipt", f"kept/{name}.receipt", name, "--json")
        verified = checked.event("receipt-verified")
        assert checked.wait() == 0
        assert verified["receipt_time"] == done["receipt_time"]
        assert verified["signed_by"] == done["signed_by"]
    assert sender.wait() == 0
    (alice / "1.bin").write_bytes(b"xy")
    assert site.start("alice", "verify-receipt", "kept/1.bin.receipt", "1.bin").wait() == 1


def test_receipts_of_several_files_lie_in_a_folder(site: Site, alice: Path) -> None:
    for name in ("source.txt", "b.txt"):
        (alice / name).write_text(name)
    site.serve()
    assert upload(site, "source.txt", "b.txt", "--receipt", "kept").wait() == 0
    for receipt, source in (("target.txt", "source.txt"), ("b.txt", "b.txt")):
        words = ("verify-receipt", f"kept/{receipt}.receipt", source)
        assert site.start("alice", *words).wait() == 0
    (alice / "keys" / "server-rsapub.pem").unlink()
    assert site.start("alice", "verify-receipt", "kept/b.txt.receipt", "b.txt").wait() == 4


def test_what_is_too_large_for_chunks_names_the_envelope(site: Site, alice: Path) -> None:
    (alice / "big").write_bytes(bytes(70_000))
    site.serve("--max-rsa-file", "64KiB", "--max-file", "100KiB")
    refused = upload(site, "big")
    assert refused.wait() == 1
    assert "--envelope" in refused.errors
    assert upload(site, "big", "--envelope").wait() == 0
    (alice / "bigger").write_bytes(bytes(200_000))
    refused = upload(site, "bigger", "--envelope")
    assert refused.wait() == 1
    assert "100.0 KiB" in refused.errors
    assert "--max-file" in refused.errors


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["sender", "server"])
def test_an_envelope_killed_in_the_middle_goes_on(site: Site, alice: Path, whose: str) -> None:
    size = 64 << 20
    with open(alice / "big", "wb") as file:
        file.write(os.urandom(1 << 20) * (size >> 20))
    server = site.serve()
    port = site.address.rsplit(":", 1)[1]
    sender = upload(site, "big", "--envelope")
    until(lambda: part_size(site) > 4 << 20)
    (kept,) = (alice / "keys" / "transfers").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    if whose == "sender":
        sender.kill()
        server.event("upload-failed")
        again = server
    else:
        server.kill()
        again = site.serve(port=port)
    assert not stored(site, "big").exists()
    if whose == "sender":
        sender = upload(site, "big", "--envelope")
    started = again.event("upload-started")
    assert SEGMENT < started["done"] < size
    assert sender.wait(50) == 0
    with open(alice / "big", "rb") as sent, open(stored(site, "big"), "rb") as received:
        assert (
            hashlib.file_digest(sent, "sha256").digest()
            == hashlib.file_digest(received, "sha256").digest()
        )
    assert not list((alice / "keys" / "transfers").iterdir())
