"""Options that commands share: server addresses, the pinned key named, the keys folder."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from rsachat.commands import options
from rsachat.commands.options import parse_port, parse_server
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.errors import KeyFileError, UsageError
from rsachat.runtime.defaults import Defaults, write_defaults
from tests.support import keys

pytestmark = pytest.mark.usefixtures("place")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1", "127.0.0.1", 8000),
        ("127.0.0.1:9000", "127.0.0.1", 9000),
        ("localhost:1", "localhost", 1),
        ("Chat.Example.ORG", "chat.example.org", 8000),
        ("[::1]:65535", "::1", 65535),
        ("[::1]", "::1", 8000),
        ("::1", "::1", 8000),
        ("[fe80::1%eth0]:8000", "fe80::1%eth0", 8000),
        ("[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1", 80),
    ],
)
def test_server_addresses(text: str, host: str, port: int) -> None:
    assert parse_server(text) == (host, port)


@pytest.mark.parametrize(
    "text",
    ["", ":8000", "h:", "h:0", "h:65536", "h:x", "h:-1", "h:٣", "h: 1", "h:999999999"],
)
def test_what_is_no_port_of_a_server(text: str) -> None:
    with pytest.raises(UsageError):
        parse_server(text)


@pytest.mark.parametrize(
    "text",
    ["a b", "a/b", "u@h", "[::1", "[h]:1", "[::1]x", "[::1]8000", "a:b:c", "h\n", "\x1b[2J"],
)
def test_what_is_no_server_address(text: str) -> None:
    with pytest.raises(UsageError):
        parse_server(text)


def test_ports() -> None:
    assert parse_port("0", lowest=0) == 0
    with pytest.raises(UsageError):
        parse_port("0")


def parsed(*words: str) -> argparse.Namespace:
    parser = options.make_parser("rsachat try", "A try.")
    options.add_server_options(parser)
    options.add_keys_options(parser)
    options.add_json_option(parser)
    options.add_plain_option(parser)
    args = parser.parse_args(list(words))
    args.password_variable = None
    return args


def test_the_server_is_the_option_then_the_variable_then_the_one_joined_then_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert options.server_of(parsed()) == ("127.0.0.1", 8000)
    write_defaults(Path("mine"), Defaults("[2001:db8::1]:9000", "bob"))
    assert options.server_of(parsed("--keys", "mine")) == ("2001:db8::1", 9000)
    assert options.server_of(parsed()) == ("127.0.0.1", 8000)
    monkeypatch.setenv("RSACHAT_SERVER", "example.org:9000")
    assert options.server_of(parsed()) == ("example.org", 9000)
    assert options.server_of(parsed("--server", "[::1]")) == ("::1", 8000)


def test_a_server_key_is_named_by_text_or_by_file() -> None:
    key = keys.public("server")
    Path("server.pem").write_bytes(key.to_pem())
    text = fingerprint_text(key.fingerprint)
    assert options.named_fingerprint(parsed()) is None
    assert options.named_fingerprint(parsed("--fingerprint", text)) == key.fingerprint
    assert options.named_fingerprint(parsed("--fingerprint", text.upper())) == key.fingerprint
    assert options.named_fingerprint(parsed("--server-key", "server.pem")) == key.fingerprint


def test_a_server_key_that_is_none_is_an_error() -> None:
    with pytest.raises(UsageError):
        options.named_fingerprint(parsed("--fingerprint", "abcd"))
    with pytest.raises(KeyFileError):
        options.named_fingerprint(parsed("--server-key", "missing.pem"))
    with pytest.raises(UsageError):
        parsed("--fingerprint", "x", "--server-key", "y")


def test_the_keys_folder_is_the_one_named() -> None:
    assert options.keystore_of(parsed("--keys", "mine")).folder == Path("mine")
    assert options.keystore_of(parsed()).folder == Path("keys")


def test_passwords_come_from_the_file() -> None:
    Path("file").write_text("hush\n")
    assert options.passwords_of(parsed("--password-file", "file")).given() == "hush"
    assert options.passwords_of(parsed()).given() is None


def test_mistakes_are_usage_errors_with_a_way_on() -> None:
    with pytest.raises(UsageError) as caught:
        parsed("--sever", "x")
    assert caught.value.hint == "did you mean --server?"
    with pytest.raises(UsageError) as caught:
        parsed("--server")
    assert caught.value.hint == "rsachat try --help"
    with pytest.raises(UsageError) as caught:
        parsed("stray")
    assert caught.value.what == "no place for stray here"
