"""`rsachat server`: what its options mean, and what keeps it from starting."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from rsachat.commands import server
from rsachat.commands.options import make_parser
from rsachat.errors import UsageError
from rsachat.settings import MIB, ServerSettings
from tests.support.keyfolder import put_pair
from tests.support.transcript import rsachat


def settings(*words: str) -> ServerSettings:
    parser = make_parser("rsachat server", "")
    server.add_arguments(parser)
    return server._settings(parser.parse_args(list(words)))


def test_without_options_everything_is_as_the_settings_say() -> None:
    assert settings() == replace(ServerSettings(), workers=os.cpu_count() or 1)


def test_each_option_has_its_place_in_the_settings() -> None:
    found = settings(
        *("--host", "::1", "--port", "0", "--open", "--workers", "3", "--limit-loopback"),
        *("--max-rsa-file", "1MiB", "--max-file", "2MiB", "--quota-client", "3MiB"),
        *("--quota-total", "4MiB", "--window", "99999", "--uploads-mode", "0640"),
        *("--sessions-per-key", "5", "--chat-rate", "500"),
        *("--log-max-size", "5MiB", "--log-keep", "6", "--metrics", "[::1]:9464"),
    )
    assert found.metrics_at == ("::1", 9464)
    assert (found.log.max_size, found.log.keep) == (5 * MIB, 6)
    assert (found.host, found.port, found.open, found.workers) == ("::1", 0, True, 3)
    assert found.admission.limit_loopback
    transfer = found.transfer
    assert (transfer.max_rsa_file, transfer.max_file) == (1 * MIB, 2 * MIB)
    assert (transfer.quota_client, transfer.quota_total) == (3 * MIB, 4 * MIB)
    assert (transfer.window, found.uploads_mode) == (65_535, 0o640)
    assert found.session.sessions_per_key == 5
    assert (found.relay.envelopes_per_second, found.relay.envelopes_burst) == (500.0, 5000.0)


@pytest.mark.parametrize("text", ["9464", ":9464", "127.0.0.1:", "127.0.0.1:http", "host:99999"])
def test_an_address_for_the_metrics_has_a_host_and_a_port(text: str) -> None:
    with pytest.raises(UsageError):
        settings("--metrics", text)


def test_a_missing_key_is_named_with_the_way_to_one(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "server")
    assert outcome.code == 5
    assert "hint: rsachat keygen" in outcome.stderr


def test_a_taken_port_is_said_before_anything_starts(tmp_path: Path) -> None:
    put_pair(tmp_path / "keys", "server", "server")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        outcome = rsachat(tmp_path, "server", "--port", str(port))
    assert outcome.code == 1
    assert str(port) in outcome.stderr
    assert outcome.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--uploads", "keys/server-rsapub.pem/x"), "cannot store files in"),
        (("--log-file", "no/such/folder/log"), "cannot write the log file"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    put_pair(tmp_path / "keys", "server", "server")
    outcome = rsachat(tmp_path, "server", "--port", "0", *words)
    assert outcome.code == 1
    assert said in outcome.stderr
    assert "hint: " in outcome.stderr
    assert outcome.stdout == ""
