"""rsachat whose key encapsulation tells its secrets: what no attacker has, for the counter-proof.

`python -m tests.support.telling_child FILE WORD...` runs `rsachat WORD...` and appends each
ephemeral secret (64 bytes, KEM and X25519 joined) to FILE, a line of hex each.
"""

import sys
from pathlib import Path

from rsachat.crypto import kem
from rsachat.crypto.kem import Encapsulation, KemKeyPair


class TellingPair:
    def __init__(self, pair: KemKeyPair, file: Path) -> None:
        self._pair = pair
        self._file = file
        self.x = pair.x
        self.ek = pair.ek

    def decapsulate(self, x: bytes, ct: bytes, info: bytes) -> bytes:
        secret = self._pair.decapsulate(x, ct, info)
        _tell(self._file, secret)
        return secret


class TellingKem:
    def __init__(self, inner: kem.Kem, file: Path) -> None:
        self._inner = inner
        self._file = file

    def generate(self) -> KemKeyPair:
        return TellingPair(self._inner.generate(), self._file)

    def encapsulate(self, x: bytes, ek: bytes, info: bytes) -> Encapsulation:
        made = self._inner.encapsulate(x, ek, info)
        _tell(self._file, made.secret)
        return made


def _tell(file: Path, secret: bytes) -> None:
    with file.open("a", encoding="ascii") as out:
        out.write(secret.hex() + "\n")


def main(file: Path, words: list[str]) -> int:
    inner = kem.HybridKem()
    kem.HybridKem = lambda: TellingKem(inner, file)  # type: ignore[assignment, misc, return-value]
    from rsachat.cli import main as run

    return run(words)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
