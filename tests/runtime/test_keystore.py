"""The keys folder as an address book: identities, who is authorized, what is refused."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rsachat.errors import KeyFileError, UsageError
from rsachat.runtime import keystore
from rsachat.runtime.defaults import Defaults, write_defaults
from rsachat.runtime.keystore import Keystore, load_public
from rsachat.runtime.passwords import Passwords, Secret
from tests.support import keys
from tests.support.keyfolder import put_pair, put_private, put_public

NOBODY = Passwords()
OPENSSL = shutil.which("openssl")
SSH_KEYGEN = shutil.which("ssh-keygen")
needs_openssl = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
needs_ssh_keygen = pytest.mark.skipif(SSH_KEYGEN is None, reason="ssh-keygen is not installed")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("keys")


@pytest.fixture
def store(folder: Path) -> Keystore:
    return Keystore(folder)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- identities


def test_an_empty_or_missing_folder_has_nobody(store: Keystore) -> None:
    assert store.identities() == ()
    assert store.authorized_keys().keys == {}
    assert store.snapshot() == frozenset()
    with pytest.raises(KeyFileError) as caught:
        store.default_client()
    assert caught.value.what == "no identity 'client' in ./keys"
    assert caught.value.hint == "rsachat keygen --password"


def test_identities_are_private_keys_in_byte_order(store: Keystore, folder: Path) -> None:
    for name in ("client", "bob", "server"):
        put_private(folder, name)
    put_private(folder, "No Name")
    put_public(folder, "carol", "carol")
    assert store.identities() == ("bob", "client", "server")
    assert store.owns("bob")
    assert not store.owns("carol")


def test_the_default_client_is_client_or_the_only_one(store: Keystore, folder: Path) -> None:
    put_pair(folder, "server", "server")
    with pytest.raises(KeyFileError):
        store.default_client()
    put_pair(folder, "bob", "bob")
    assert store.default_client() == "bob"
    put_pair(folder, "alice", "alice")
    with pytest.raises(UsageError) as caught:
        store.default_client()
    assert "alice, bob" in caught.value.what
    assert caught.value.hint == "choose one, for example --name alice"
    put_pair(folder, "client", "carol")
    assert store.default_client() == "client"


def test_the_identity_that_joined_comes_first_while_it_is_there(
    store: Keystore, folder: Path
) -> None:
    put_pair(folder, "client", "carol")
    write_defaults(folder, Defaults("h:1", "bob"))
    assert store.default_client() == "client"
    put_pair(folder, "bob", "bob")
    assert store.default_client() == "bob"


def test_a_pair_opens(store: Keystore, folder: Path) -> None:
    put_pair(folder, "alice")
    identity = store.open_identity("alice", NOBODY)
    assert identity.name == "alice"
    assert identity.public == keys.public("alice")
    assert not identity.protected
    assert not store.is_protected("alice")


def test_a_private_half_alone_opens(store: Keystore, folder: Path) -> None:
    put_private(folder, "alice")
    assert store.open_identity("alice", NOBODY).public == keys.public("alice")
    assert store.public_key("alice") is None


def test_a_missing_identity_says_what_to_type(store: Keystore, folder: Path) -> None:
    put_public(folder, "bob", "bob")
    with pytest.raises(KeyFileError) as caught:
        store.open_identity("bob", NOBODY)
    assert caught.value.what == "no identity 'bob' in ./keys"
    assert caught.value.hint == "rsachat keygen bob --password"


def test_a_folder_that_an_option_names_stands_in_the_command_to_type() -> None:
    missing = Keystore(Path("my keys"), by_option=True).missing("client")
    assert missing.what == "no identity 'client' in ./my keys"
    assert missing.hint == "rsachat keygen --password --keys 'my keys'"


@pytest.mark.parametrize("name", ["alice", "client"])
def test_a_damaged_half_or_anothers_is_refused_with_the_way_out(folder: Path, name: str) -> None:
    """By its name: keygen without one would make a pair that was not asked for."""
    put_private(folder, name, "alice")
    store = Keystore(Path("keys"), by_option=True)
    for content, why in ((keys.public("bob").to_pem(), ""), (b"x", "no public key in PEM form")):
        store.public_path(name).write_bytes(content)
        with pytest.raises(KeyFileError) as caught:
            store.open_identity(name, NOBODY)
        half, private = f"./keys/{name}-rsapub.pem", f"./keys/{name}-rsapvt.pem"
        assert caught.value.what == f"{half} is not the public half of {private}"
        assert caught.value.why == why
        assert caught.value.hint == (
            "restore the pair, or move that file away and make it again: "
            f"rsachat keygen {name} --keys keys"
        )


def test_a_private_key_open_to_others_is_refused(store: Keystore, folder: Path) -> None:
    put_pair(folder, "alice")
    store.private_path("alice").chmod(0o644)
    with pytest.raises(KeyFileError) as caught:
        store.open_identity("alice", NOBODY)
    assert caught.value.hint == "chmod 600 ./keys/alice-rsapvt.pem"


# -- passwords


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Alice's private key under the password "right"."""
    folder = tmp_path_factory.mktemp("protected") / "keys"
    store = Keystore(folder)
    store.add_pair("alice", keys.private("alice"), "right")
    return store.private_path("alice").read_bytes()


@pytest.fixture
def protected_store(store: Keystore, folder: Path, protected: bytes) -> Keystore:
    put_public(folder, "alice")
    path = store.private_path("alice")
    path.touch(0o600)
    path.write_bytes(protected)
    return store


def typing(*lines: str) -> Passwords:
    feed = iter(lines)
    return Passwords(ask=lambda _prompt: next(feed))


def test_the_right_password_opens(protected_store: Keystore) -> None:
    identity = protected_store.open_identity("alice", Passwords(variable=Secret("right")))
    assert identity.protected
    assert protected_store.is_protected("alice")
    assert identity.public == keys.public("alice")


def test_the_third_try_counts(protected_store: Keystore) -> None:
    passwords = typing("wrong", "", "right")
    assert protected_store.open_identity("alice", passwords).public == keys.public("alice")


def test_wrong_passwords_end_with_an_error(protected_store: Keystore) -> None:
    for passwords in (typing("a", "b", "c", "right"), Passwords(variable=Secret("wrong"))):
        with pytest.raises(KeyFileError) as caught:
            protected_store.open_identity("alice", passwords)
        assert caught.value.what == "wrong password for ./keys/alice-rsapvt.pem"
        assert caught.value.exit_code == 5


def test_a_protected_key_with_nobody_to_ask(protected_store: Keystore) -> None:
    with pytest.raises(KeyFileError) as caught:
        protected_store.open_identity("alice", NOBODY)
    assert caught.value.what == "a password is needed for ./keys/alice-rsapvt.pem"


@needs_openssl
def test_openssl_opens_a_protected_key(protected_store: Keystore) -> None:
    path = str(protected_store.private_path("alice"))
    public = run("openssl", "pkey", "-in", path, "-passin", "pass:right", "-pubout")
    assert public.encode() == keys.public("alice").to_pem()


def test_a_password_is_changed_set_and_removed(protected_store: Keystore) -> None:
    path = protected_store.private_path("alice")
    identity = protected_store.open_identity("alice", typing("right"))
    protected_store.set_password(identity, "other")
    assert protected_store.open_identity("alice", typing("other")).protected
    protected_store.set_password(identity, None)
    assert not protected_store.open_identity("alice", NOBODY).protected
    assert mode(path) == 0o600


# -- foreign and damaged files


def put_text(store: Keystore, text: bytes) -> None:
    store.folder.mkdir(exist_ok=True)
    path = store.private_path("alice")
    path.touch(0o600)
    path.write_bytes(text)


def alice_pem() -> bytes:
    return keys.private("alice").to_pem(None)


DAMAGED: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "garbage": lambda: bytes(range(256)),
    "a public key": lambda: keys.public("alice").to_pem(),
    "cut short": lambda: alice_pem()[:900],
    "cut inside": lambda: alice_pem()[:900] + b"\n-----END PRIVATE KEY-----\n",
    "letters changed": lambda: alice_pem().replace(b"A", b"B"),
    "PKCS#1": lambda: b"-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_or_foreign_key_is_named(store: Keystore, text: Callable[[], bytes]) -> None:
    put_text(store, text())
    with pytest.raises(KeyFileError) as caught:
        store.open_identity("alice", NOBODY)
    assert caught.value.what == "./keys/alice-rsapvt.pem is not usable"
    assert caught.value.why
    assert caught.value.exit_code == 5


@needs_openssl
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], "RSA of 2048 bits"),
        (["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "not an RSA key"),
        (["ED25519"], "not an RSA key"),
    ],
)
def test_other_keys_of_openssl_are_named(
    store: Keystore, folder: Path, options: list[str], reason: str
) -> None:
    folder.mkdir()
    path = str(store.private_path("alice"))
    run("openssl", "genpkey", "-algorithm", *options, "-out", path)
    os.chmod(path, 0o600)
    with pytest.raises(KeyFileError) as caught:
        store.open_identity("alice", NOBODY)
    assert reason in caught.value.why
    assert caught.value.hint.startswith("rsachat keygen")


@needs_openssl
@pytest.mark.slow
def test_keys_of_openssl_load(store: Keystore, folder: Path) -> None:
    folder.mkdir()
    private, public = str(store.private_path("client")), str(store.public_path("client"))
    bits = "rsa_keygen_bits:3072"
    run("openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", bits, "-out", private)
    os.chmod(private, 0o600)
    run("openssl", "pkey", "-in", private, "-pubout", "-out", public)
    identity = store.open_identity("client", NOBODY)
    assert identity.public == store.public_key("client")
    protected = str(store.private_path("server"))
    cipher = ["-aes-256-cbc", "-passout", "pass:x"]
    run("openssl", "pkey", "-in", private, *cipher, "-out", protected)
    os.chmod(protected, 0o600)
    assert store.open_identity("server", typing("x")).public == identity.public


@needs_ssh_keygen
@pytest.mark.slow
@pytest.mark.parametrize("password", ["", "secret"])
def test_keys_of_ssh_keygen_load(store: Keystore, folder: Path, password: str) -> None:
    folder.mkdir()
    path = store.private_path("client")
    new = ["-q", "-t", "rsa", "-b", "3072", "-m", "PKCS8", "-N", password, "-f", str(path)]
    run("ssh-keygen", *new)
    identity = store.open_identity("client", typing(password))
    public = run("ssh-keygen", "-e", "-m", "PKCS8", "-f", f"{path}.pub")
    assert public.encode() == identity.public.to_pem()


def test_a_public_key_of_another_kind_is_named(store: Keystore, folder: Path) -> None:
    folder.mkdir()
    store.public_path("bob").write_bytes(keys.private("bob").to_pem(None))
    with pytest.raises(KeyFileError, match="is not usable"):
        load_public(store.public_path("bob"))


# -- writing


def test_a_pair_is_written_with_its_modes(store: Keystore) -> None:
    store.add_pair("alice", keys.private("alice"), None)
    assert mode(store.private_path("alice")) == 0o600
    assert mode(store.public_path("alice")) == 0o644
    assert mode(store.folder) == 0o700
    assert store.open_identity("alice", NOBODY).public == keys.public("alice")


def test_a_pair_is_never_written_over(store: Keystore, folder: Path) -> None:
    put_pair(folder, "alice", "bob")
    before = store.private_path("alice").read_bytes()
    with pytest.raises(FileExistsError):
        store.add_pair("alice", keys.private("alice"), None)
    assert store.private_path("alice").read_bytes() == before


def test_a_pair_set_aside_keeps_older_copies(store: Keystore, folder: Path) -> None:
    for _ in range(2):
        put_pair(folder, "alice")
        store.set_aside("alice")
    assert sorted(os.listdir(folder)) == [
        "alice-rsapub.pem.bak",
        "alice-rsapub.pem.bak2",
        "alice-rsapvt.pem.bak",
        "alice-rsapvt.pem.bak2",
    ]
    assert store.identities() == ()
    assert store.authorized_keys().keys == {}


# -- the address book


def authorized(store: Keystore) -> dict[str, bytes]:
    return {name: fp for fp, (name, _) in store.authorized_keys().keys.items()}


def test_public_keys_bind_names_except_the_servers(store: Keystore, folder: Path) -> None:
    put_pair(folder, "server", "server")
    put_pair(folder, "client", "alice")
    put_public(folder, "bob", "bob")
    (folder / "README.md").write_text("no key")
    assert authorized(store) == {
        "bob": keys.public("bob").fingerprint,
        "client": keys.public("alice").fingerprint,
    }
    assert store.authorized_keys().warnings == ()


def test_one_key_under_two_names_counts_once(store: Keystore, folder: Path) -> None:
    for name in ("bob", "a-b", "a"):
        put_public(folder, name, "bob")
    table = store.authorized_keys()
    assert authorized(store) == {"a": keys.public("bob").fingerprint}
    assert table.warnings == (
        "'a' and 'a-b' are one key: it counts as 'a'",
        "'a' and 'bob' are one key: it counts as 'a'",
    )


def test_bad_files_are_warnings(store: Keystore, folder: Path) -> None:
    put_public(folder, "bob", "bob")
    put_public(folder, "all", "carol")
    put_public(folder, "Carol", "carol")
    (folder / "x-rsapub.pem").write_bytes(b"nonsense")
    (folder / "y-rsapub.pem").mkdir()
    table = store.authorized_keys()
    assert [name for name, _ in table.keys.values()] == ["bob"]
    assert len(table.warnings) == 4
    assert "./keys/x-rsapub.pem is not usable: no public key in PEM form" in table.warnings


def test_revoked_keys_are_never_authorized(store: Keystore, folder: Path) -> None:
    put_public(folder, "bob", "bob")
    put_public(folder, "carol", "carol")
    put_public(folder / keystore.REVOKED, "bob-of-old", "bob")
    assert list(authorized(store)) == ["carol"]
    assert list(store.revoked_keys().keys) == [keys.public("bob").fingerprint]


def test_guests_are_kept_apart_first_come(store: Keystore, folder: Path) -> None:
    put_public(folder, "bob", "bob")
    store.store_guest("carol", keys.public("carol"))
    with pytest.raises(FileExistsError):
        store.store_guest("carol", keys.public("alice"))
    assert list(authorized(store)) == ["bob"]
    guests = store.guest_keys().keys
    assert guests == {keys.public("carol").fingerprint: ("carol", keys.public("carol"))}


def test_the_snapshot_sees_every_change(store: Keystore, folder: Path) -> None:
    seen = [store.snapshot()]

    def changed() -> bool:
        seen.append(store.snapshot())
        return seen[-1] != seen[-2]

    put_public(folder, "bob", "bob")
    assert changed()
    assert not changed()
    store.store_guest("carol", keys.public("carol"))
    assert changed()
    os.utime(store.public_path("bob"), ns=(1, 1))
    assert changed()
    (folder / "revoked").mkdir()
    assert not changed()
    store.public_path("bob").rename(folder / "revoked" / "bob-rsapub.pem")
    assert changed()


def test_a_key_replaced_under_a_name_is_seen(store: Keystore, folder: Path) -> None:
    put_public(folder, "bob", "bob")
    assert authorized(store) == {"bob": keys.public("bob").fingerprint}
    store.public_path("bob").unlink()
    put_public(folder, "bob", "carol")
    assert authorized(store) == {"bob": keys.public("carol").fingerprint}
