"""`doctor` on keys folders in every state that people bring them into."""

from functools import cache
from pathlib import Path

import pytest

from rsachat.commands.check_keys import check_folder, check_identities, check_others
from rsachat.runtime.keystore import Keystore
from rsachat.runtime.passwords import Secret
from tests.support import keys
from tests.support.checked import new_report, only, states
from tests.support.keyfolder import put_pair, put_public

PASSWORD = Secret("correct horse")


@cache
def locked(password: str) -> bytes:
    """Alice's key under a password; the making takes a third of a second."""
    return keys.private("alice").to_pem(password)


def lock(folder: Path, name: str, password: str = PASSWORD.text) -> None:
    """An identity under a password."""
    put_pair(folder, name, "alice")
    (folder / f"{name}-rsapvt.pem").write_bytes(locked(password))


def test_a_folder_is_there_and_ones_own(tmp_path: Path) -> None:
    for mode, state in ((0o700, "ok"), (0o755, "ok"), (0o770, "fail"), (0o757, "fail")):
        report = new_report()
        (tmp_path / "keys").mkdir(exist_ok=True)
        (tmp_path / "keys").chmod(mode)
        assert check_folder(report, Keystore(tmp_path / "keys"))
        assert only(report).state.value == state
    report = new_report()
    assert not check_folder(report, Keystore(tmp_path / "absent"))
    assert "rsachat keygen" in only(report).todo


def test_a_key_without_a_password_is_opened_with_a_warning(tmp_path: Path) -> None:
    put_pair(tmp_path, "alice")
    report = new_report()
    (identity,) = check_identities(report, Keystore(tmp_path), None)
    assert identity.name == "alice"
    check = only(report)
    assert check.state.value == "warn"
    assert check.todo.startswith("rsachat keys passwd alice")
    assert "mode 0600" in check.found


def test_a_protected_key_is_not_opened_without_its_password(tmp_path: Path) -> None:
    lock(tmp_path, "alice")
    for password, state in ((None, "ok"), (Secret("wrong"), "fail")):
        report = new_report()
        assert check_identities(report, Keystore(tmp_path), password) == []
        assert only(report).state.value == state


def test_a_password_that_opens_one_key_need_not_open_all(tmp_path: Path) -> None:
    lock(tmp_path, "alice")
    lock(tmp_path, "bob", "another")
    report = new_report()
    (opened,) = check_identities(report, Keystore(tmp_path), PASSWORD)
    assert opened.name == "alice"
    assert states(report) == {("key", "alice"): "ok", ("key", "bob"): "warn"}
    assert not [check for check in report.checks if PASSWORD.text in check.found + check.todo]


@pytest.mark.parametrize(
    ("mode", "public", "text", "said"),
    [
        (0o644, "alice", None, "is open to others"),
        (0o600, "bob", None, "is not the public half"),
        (0o600, "alice", "no key", "is not usable"),
    ],
)
def test_a_key_of_no_use_is_a_failure_with_the_way_out(
    mode: int, public: str, text: str | None, said: str, tmp_path: Path
) -> None:
    put_pair(tmp_path, "alice")
    put_public(tmp_path, "alice", public)
    path = tmp_path / "alice-rsapvt.pem"
    if text is not None:
        path.write_text(text)
    path.chmod(mode)
    report = new_report()
    assert check_identities(report, Keystore(tmp_path), None) == []
    check = only(report)
    assert check.state.value == "fail"
    assert said in check.found


def test_no_identity_at_all_is_a_failure(tmp_path: Path) -> None:
    put_public(tmp_path, "bob")
    report = new_report()
    check_identities(report, Keystore(tmp_path), None)
    assert "rsachat keygen" in only(report).todo


def test_others_are_counted_and_what_is_of_no_use_is_named(tmp_path: Path) -> None:
    put_public(tmp_path, "bob", "bob")
    put_public(tmp_path / "revoked", "carol", "carol")
    report = new_report()
    check_others(report, Keystore(tmp_path))
    assert only(report).found == "1 authorized, 0 guests, 1 revoked"
    (tmp_path / "dave-rsapub.pem").write_text("no key")
    report = new_report()
    check_others(report, Keystore(tmp_path))
    assert [check.state.value for check in report.checks] == ["warn", "ok"]
    assert "dave-rsapub.pem" in report.checks[0].found
