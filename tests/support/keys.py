"""Fixed identities for tests: RSA-3072 pairs that lie in tests/vectors/keys. Never use them."""

from functools import lru_cache
from pathlib import Path

from rsachat.crypto.rsa import PrivateKey, PublicKey

FOLDER = Path(__file__).resolve().parent.parent / "vectors" / "keys"
NAMES = ("alice", "bob", "carol", "server")


@lru_cache
def private(name: str) -> PrivateKey:
    return PrivateKey.from_pem((FOLDER / f"{name}-rsapvt.pem").read_bytes())


def public(name: str) -> PublicKey:
    return private(name).public
