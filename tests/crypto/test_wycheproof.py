"""Wycheproof's and HPKE's published vectors against our wrappers, as they are used here.

Where a wrapper puts its own label before the bytes, the vectors enter right behind that: by the
same function that the labelled one calls.
"""

from functools import cache

import pytest
from Crypto.Protocol import DH
from Crypto.PublicKey import MLKEM

from rsachat.crypto.kdf import extract, hkdf_expand
from rsachat.crypto.kem import HybridKem, HybridKeyPair, KemError
from rsachat.crypto.rsa import PrivateKey, PublicKey
from tests.support import hpke
from tests.support.wycheproof import cases, load, raw

INFO = b"rsachat/1 hop"
EXPORT = b"rsachat/1 mlkem"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("bits", [3072, 4096])
def test_oaep(bits: int) -> None:
    read = cache(PrivateKey.from_der)
    count = 0
    for group, case in cases("Cipher", f"rsa_oaep_{bits}_sha256_mgf1sha256_test"):
        key = read(raw(group, "privateKeyPkcs8"))
        found = key._decrypt(raw(case, "label"), raw(case, "ct"))
        expected = raw(case, "msg") if case["result"] == "valid" else None
        assert found == expected, case["tcId"]
        count += 1
    assert count > 30


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("bits", [3072, 4096])
def test_pss(bits: int) -> None:
    read = cache(PublicKey.from_spki)
    count = 0
    for group, case in cases("Signature", f"rsa_pss_{bits}_sha256_mgf1_32_test"):
        key = read(raw(group, "publicKeyDer"))
        assert (group["sLen"], key.bits) == (32, bits)
        found = key._verify(raw(case, "msg"), raw(case, "sig"))
        assert found is (case["result"] == "valid"), case["tcId"]
        count += 1
    assert count > 100


def test_hkdf() -> None:
    count = 0
    for _, case in cases("Protocol", "hkdf_sha256_test"):
        prk = extract(raw(case, "salt"), raw(case, "ikm"))
        if case["result"] == "valid":
            okm = hkdf_expand(prk, raw(case, "info"), case["size"])
            assert okm == raw(case, "okm"), case["tcId"]
        else:
            with pytest.raises(ValueError):
                hkdf_expand(prk, raw(case, "info"), case["size"])
        count += 1
    assert count > 80


@cache
def kem_key(seed: bytes) -> MLKEM.MLKEMKey:
    return MLKEM.construct(param_set=MLKEM.ML_KEM_768, seed=seed)


def test_x25519() -> None:
    """By the second half of the hybrid secret, beside an ML-KEM ciphertext that fits."""
    kem = kem_key(bytes(64))
    some = DH.import_x25519_private_key(bytes(32))
    ct = HybridKem().encapsulate(HybridKeyPair(some, kem).x, kem.ek, INFO).ct
    count = 0
    for _, case in cases("Protocol", "x25519_test"):
        pair = HybridKeyPair(DH.import_x25519_private_key(raw(case, "private")), kem)
        if "ZeroSharedSecret" in case["flags"]:
            with pytest.raises(KemError):
                pair.decapsulate(raw(case, "public"), ct, INFO)
        else:
            secret = pair.decapsulate(raw(case, "public"), ct, INFO)
            assert secret[32:] == raw(case, "shared"), case["tcId"]
        count += 1
    assert count > 500


def exported(shared: bytes, info: bytes = INFO) -> bytes:
    """What the library's HPKE has to make of an ML-KEM secret."""
    return hpke.export(hpke.exporter_secret(shared, info), EXPORT, 32)


def test_mlkem_decapsulation() -> None:
    """By the first half of the hybrid secret; implicit rejection is among the cases."""
    dh = DH.import_x25519_private_key(bytes(range(32)))
    peer = HybridKem().generate().x
    count = 0
    for _, case in cases("Protocol", "mlkem_768_test"):
        if len(raw(case, "seed")) != 64:
            continue  # a seed never crosses our wire
        pair = HybridKeyPair(dh, kem_key(raw(case, "seed")))
        if case["result"] == "valid":
            assert pair.ek == raw(case, "ek"), case["tcId"]
            secret = pair.decapsulate(peer, raw(case, "c"), INFO)
            assert secret[:32] == exported(raw(case, "K")), case["tcId"]
        else:
            with pytest.raises(KemError):
                pair.decapsulate(peer, raw(case, "c"), INFO)
        count += 1
    assert count > 150


def test_mlkem_encapsulation_takes_good_keys_and_refuses_bad_ones() -> None:
    kem, x = HybridKem(), HybridKem().generate().x
    count = 0
    for _, case in cases("Protocol", "mlkem_768_encaps_test"):
        if case["result"] == "valid":
            assert len(kem.encapsulate(x, raw(case, "ek"), INFO).ct) == 1088
        elif len(raw(case, "m")) == 32:  # else it is the vector's randomness that is wrong
            with pytest.raises(KemError):
                kem.encapsulate(x, raw(case, "ek"), INFO)
        count += 1
    assert count > 250


def test_mlkem_keys_from_seeds() -> None:
    for _, case in cases("Protocol", "mlkem_768_keygen_seed_test"):
        assert kem_key(raw(case, "seed")).ek == raw(case, "ek"), case["tcId"]


def test_hpke() -> None:
    """The published vector of this KEM and KDF, for another AEAD than ours.

    It holds our second key schedule, and that one then holds the library's for our AEAD.
    """
    vectors = load("Protocol", "HPKE-PQ-test-vectors")
    [vector] = [v for v in vectors if (v["kem_id"], v["kdf_id"]) == (hpke.ML_KEM_768, 1)]
    info, aead = raw(vector, "info"), vector["aead_id"]
    shared = raw(vector, "shared_secret")
    secret = hpke.exporter_secret(shared, info, aead)
    assert secret == raw(vector, "exporter_secret")
    for row in vector["exports"]:
        context = raw(row, "exporter_context")
        assert hpke.export(secret, context, row["L"], aead) == raw(row, "exported_value")
    pair = HybridKeyPair(DH.import_x25519_private_key(bytes(32)), kem_key(raw(vector, "skRm")))
    assert pair.ek == raw(vector, "pkRm")
    peer = HybridKem().generate().x
    assert pair.decapsulate(peer, raw(vector, "enc"), info)[:32] == exported(shared, info)
