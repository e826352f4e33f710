"""Ephemeral key pairs from fixed seeds, for vectors that are checked in the opening direction."""

from Crypto.Protocol import DH
from Crypto.PublicKey import MLKEM

from rsachat.crypto.kem import HybridKeyPair


def key_pair(x_private: bytes, mlkem_seed: bytes) -> HybridKeyPair:
    """From a raw X25519 private key (32 bytes) and an ML-KEM seed (d || z, 64 bytes)."""
    return HybridKeyPair(
        DH.import_x25519_private_key(x_private),
        MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=mlkem_seed),
    )
