"""`rsachat keygen` as a process: transcript, terminal, Ctrl+C, what openssl makes of it."""

from __future__ import annotations

import io
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest

from tests.support.keyfolder import put_pair
from tests.support.transcript import ENTRY, environment, rsachat

FINGERPRINT = r"[a-z2-7]{4}(-[a-z2-7]{4}){12}"


@pytest.mark.slow
def test_keygen_makes_a_key_that_openssl_opens(tmp_path: Path) -> None:
    outcome = rsachat(tmp_path, "keygen", "alice", env={"RSACHAT_PASSWORD": "hush"})
    assert (outcome.stderr, outcome.code) == ("", 0)
    line = rf"alice +\./keys/alice-rsapvt\.pem +3072 +password +{FINGERPRINT}"
    heading, row = outcome.stdout.splitlines()
    assert heading.split() == ["name", "file", "bits", "protection", "fingerprint"]
    assert re.fullmatch(line, row)
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    path = str(tmp_path / "keys" / "alice-rsapvt.pem")
    public = [openssl, "pkey", "-in", path, "-passin", "pass:hush", "-pubout"]
    shown = subprocess.run(public, check=True, capture_output=True).stdout
    assert shown == (tmp_path / "keys" / "alice-rsapub.pem").read_bytes()
    inside = [openssl, "asn1parse", "-in", path]
    text = subprocess.run(inside, check=True, capture_output=True, text=True).stdout
    assert "aes-256-cbc" in text
    assert "hmacWithSHA512" in text
    assert f":{600_000:06X}" in text


@pytest.mark.parametrize("option", [["--keys", "mine"], []])
def test_the_folder_is_the_one_named(tmp_path: Path, option: list[str]) -> None:
    put_pair(tmp_path / "mine", "alice")
    outcome = rsachat(tmp_path, "keygen", "alice", *option, env={"RSACHAT_KEYS": "mine"})
    assert "./mine/alice-rsapvt.pem" in outcome.stdout
    assert outcome.code == 0


@pytest.mark.slow
def test_on_a_terminal_it_asks_without_echo(tmp_path: Path) -> None:
    env = environment(tmp_path, {"TERM": "xterm", "COLUMNS": "80"})
    child = pexpect.spawn(
        sys.executable,
        [str(ENTRY), "keygen", "--password", "alice"],
        cwd=str(tmp_path),
        env=env,
        encoding="utf-8",
        timeout=30,
    )
    child.logfile_read = shown = io.StringIO()
    child.expect_exact("new password for alice: ")
    child.sendline("hush")
    child.expect_exact("the same again: ")
    child.sendline("hush")
    child.expect("alice-rsapvt")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "hush" not in shown.getvalue()
    assert "password" in shown.getvalue().rpartition("alice-rsapvt")[2]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_search_and_leaves_nothing_half(tmp_path: Path, number: int) -> None:
    command = [sys.executable, str(ENTRY), "keygen", "--bits", "4096", *map("k{}".format, range(9))]
    child = subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stderr=subprocess.PIPE, text=True
    )
    keys = tmp_path / "keys"
    while not (keys / "k0-rsapub.pem").exists():
        assert child.poll() is None
        time.sleep(0.01)
    child.send_signal(number)
    _, err = child.communicate(timeout=10)
    assert (err, child.returncode) == ("rsachat: interrupted\n", 130)
    assert not list(keys.glob(".*"))


def test_help_names_every_option(tmp_path: Path) -> None:
    text = rsachat(tmp_path, "help", "keygen").stdout
    for option in ("--password", "--bits", "--force", "--json", "--keys", "--password-file"):
        assert option in text
