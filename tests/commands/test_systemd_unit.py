"""`rsachat server --print-systemd`: what the unit says, and what its command means."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.commands.registry import parser_of
from rsachat.commands.systemd_unit import HIDDEN, hidden_paths, quoted, unit_text
from rsachat.errors import UsageError
from tests.support.transcript import rsachat

PROGRAM = ["/opt/rsachat"]


def unit(*words: str) -> str:
    parser = parser_of("server")
    return unit_text(PROGRAM, parser, parser.parse_args([*words, "--print-systemd"]))


def setting(text: str, name: str) -> str | None:
    """The value of one line; None where there is none."""
    found = re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)
    assert len(found) < 2, found
    return found[0] if found else None


def words_of(line: str) -> list[str]:
    """A unit's command line as systemd reads it, without variables."""
    raw = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    return [
        re.sub(r"\\(.)", r"\1", quoted_ or bare).replace("%%", "%").replace("$$", "$")
        for quoted_, bare in raw
    ]


def test_by_default_it_has_a_folder_of_its_own_and_nothing_else() -> None:
    text = unit()
    command = setting(text, "ExecStart") or ""
    assert words_of(command) == [
        *("/opt/rsachat", "server", "--keys", "/var/lib/rsachat/keys"),
        *("--uploads", "/var/lib/rsachat/uploads"),
    ]
    assert setting(text, "User") == setting(text, "StateDirectory") == "rsachat"
    assert setting(text, "StateDirectoryMode") == "0700"
    assert setting(text, "ReadWritePaths") is None
    assert setting(text, "LoadCredential") is None
    for name, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "PrivateUsers": "yes",
        "CapabilityBoundingSet": "",
        "SystemCallFilter": None,
    }.items():
        lines = re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)
        assert lines
        assert value is None or lines == [value]


def test_a_password_comes_as_a_credential_and_stands_nowhere() -> None:
    text = unit("--password-file", "/etc/rsachat.password")
    assert setting(text, "LoadCredential") == "password:/etc/rsachat.password"
    command = setting(text, "ExecStart") or ""
    assert command.endswith(" --password-file ${CREDENTIALS_DIRECTORY}/password")
    assert "systemd-creds encrypt" in text


def test_a_group_gets_at_what_was_delivered() -> None:
    text = unit("--uploads-mode", "0640")
    assert "--uploads-mode 0640" in (setting(text, "ExecStart") or "")
    assert (setting(text, "StateDirectoryMode"), setting(text, "UMask")) == ("0750", "0027")
    assert "usermod --append --groups rsachat OPERATOR" in text
    assert "Only the service may read" not in text
    assert "print this unit with --uploads-mode 0640" in unit()


def test_places_outside_its_folder_may_be_written() -> None:
    text = unit("--uploads", "/srv/in", "--log-file", "/var/log/rsa chat/log", "--keys", "/srv/k")
    assert setting(text, "ReadWritePaths") == '/srv/in /srv/k "/var/log/rsa chat"'
    assert "rsachat keygen server --password --keys /srv/k" in text


def folders_made(text: str, tmp_path: Path) -> list[list[str]]:
    """The words of each `install` that the head's lines on folders run, by a shell."""
    install = tmp_path / "install"
    install.write_text('#!/bin/sh\nprintf "%s\\n" "$@" end\n')
    install.chmod(0o755)
    lines = [line[1:] for line in text.splitlines() if re.match(r"#   (install|test) ", line)]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    script = "set -e\n" + "\n".join(lines)
    done = subprocess.run(["sh", "-c", script], env=env, capture_output=True, text=True, check=True)
    return [part.splitlines() for part in done.stdout.split("end\n")[:-1]]


def test_folders_that_it_writes_to_are_made_and_left_as_they_are_where_they_are(
    tmp_path: Path,
) -> None:
    there, mine = tmp_path / "the log's", ["-d", "-o", "rsachat", "-g", "rsachat", "-m"]
    own = [[*mine, "0750", "/var/lib/rsachat"], [*mine, "0700", "/var/lib/rsachat/keys"]]
    words = ("--uploads", f"{tmp_path}/my $in", "--log-file", str(there / "log"))
    text = unit(*words, "--uploads-mode", "0640")
    new = [[*mine, "0750", f"{tmp_path}/my $in"], [*mine, "0700", str(there)]]
    assert folders_made(text, tmp_path) == own + new
    there.mkdir()
    assert folders_made(text, tmp_path) == own + new[:1]
    inside = unit("--uploads", "/var/lib/rsachat/in", "--log-file", "/var/lib/rsachat/log")
    assert len(folders_made(inside, tmp_path)) == 2


def test_the_commands_at_its_head_take_a_folder_with_spaces() -> None:
    text = unit("--keys", "/srv/my keys")
    assert "keygen server --password --keys '/srv/my keys'\n" in text
    assert "invite NAME --keys '/srv/my keys' --address" in text


def test_a_low_port_gets_the_one_capability_that_it_needs() -> None:
    for words in (("--port", "443"), ("--metrics", "127.0.0.1:900")):
        text = unit(*words)
        assert setting(text, "AmbientCapabilities") == "CAP_NET_BIND_SERVICE"
        assert setting(text, "CapabilityBoundingSet") == "CAP_NET_BIND_SERVICE"
        assert setting(text, "PrivateUsers") is None  # it would take the capability away


GIVEN = [
    *("--host", "::", "--port", "9000", "--open", "--workers", "3", "--json", "--tap"),
    *("--log-file", "/var/log/100%/$HOME log", "--log-max-size", "1000", "--log-keep", "2"),
    *("--metrics", "[::1]:9464", "--max-rsa-file", "1MiB", "--quota-total", "3GiB"),
    *("--uploads-mode", "0644", "--chat-rate", "7", "--limit-loopback", "--uploads", '/srv/a"b\\c'),
]


def test_the_command_means_what_was_given() -> None:
    """Read back word for word, it is the same command line, with the paths made whole."""
    parser = parser_of("server")
    given_ = vars(parser.parse_args(GIVEN))
    _, command, *words = words_of(setting(unit(*GIVEN), "ExecStart") or "")
    assert command == "server"
    read = vars(parser.parse_args(words))
    assert read == given_ | {"keys": "/var/lib/rsachat/keys"}


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1))
def test_no_word_has_a_meaning_for_systemd(word: str) -> None:
    line = f"{quoted(word)} next"
    assert words_of(line) == [word, "next"]
    assert "$" not in quoted(word).replace("$$", "")
    assert "%" not in quoted(word).replace("%%", "")


def test_a_path_with_a_line_break_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot stand in a unit"):
        unit("--uploads", "/srv/a\nExecStart=/bin/true")


def test_what_the_sandbox_hides_is_told() -> None:
    parser = parser_of("server")
    for top in HIDDEN:
        args = parser.parse_args(["--keys", f"{top}/keys"])
        assert hidden_paths([f"{top}/rsachat"], args) == [f"{top}/rsachat", f"{top}/keys"]
    assert hidden_paths(PROGRAM, parser.parse_args([])) == []


def test_it_is_printed_without_keys_and_without_starting_anything(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "server", "--print-systemd", "--keys", "here")
    assert outcome.code == 0
    assert f"--keys {tmp_path}/here" in outcome.stdout
    assert f"{tmp_path}/here is hidden" in outcome.stderr
    assert list(tmp_path.iterdir()) == []


ANALYZE = shutil.which("systemd-analyze")


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not here")
@pytest.mark.parametrize(
    "words",
    [[], [*GIVEN, "--keys", "/srv/my keys", "--password-file", "/etc/a b%c", "--port", "80"]],
)
def test_systemd_finds_nothing_wrong_and_little_exposed(words: list[str], tmp_path: Path) -> None:
    assert ANALYZE
    parser = parser_of("server")
    path = tmp_path / "rsachat.service"
    path.write_text(unit_text([shutil.which("env") or ""], parser, parser.parse_args(words)))
    found = subprocess.run(
        [ANALYZE, "verify", str(path)], capture_output=True, text=True, timeout=50, check=False
    )
    assert (found.returncode, found.stdout + found.stderr) == (0, "")
    exposure = [ANALYZE, "security", "--offline=true", "--threshold=20", "--no-pager", str(path)]
    assert subprocess.run(exposure, capture_output=True, timeout=50, check=False).returncode == 0
