"""The stand-ins keep what targets rely on: who signed what, whom it was sealed for, bounds."""

import pytest

from rsachat.crypto.kem import CT_BYTES, EK_BYTES, KemError
from rsachat.crypto.rsa import PublicKey
from tests.fuzz import cheap
from tests.support import keys


def test_a_signature_is_its_signers_over_its_label_and_message() -> None:
    alice, bob = keys.private("alice"), keys.public("bob")
    with cheap.rsa():
        sig = alice.sign(b"label", b"message")
        assert len(sig) == alice.public.size
        assert alice.public.verify(b"label", b"message", sig)
        assert not alice.public.verify(b"other", b"message", sig)
        assert not alice.public.verify(b"label", b"massage", sig)
        assert not bob.verify(b"label", b"message", sig)


def test_a_ciphertext_opens_for_its_owner_under_its_label() -> None:
    alice, bob = keys.private("alice"), keys.private("bob")
    with cheap.rsa():
        sealed = alice.public.encrypt(b"label", b"context", b"secret")
        assert len(sealed) == alice.public.size
        assert alice.decrypt(b"label", b"context", sealed) == b"secret"
        assert alice.decrypt(b"label", b"other", sealed) is None
        assert bob.decrypt(b"label", b"context", sealed) is None
        assert alice.decrypt(b"label", b"context", bytes(alice.public.size)) is None
        with pytest.raises(ValueError):
            alice.public.encrypt(b"label", b"context", bytes(alice.public.size))


def test_afterwards_rsa_is_itself_again() -> None:
    alice = keys.private("alice")
    with cheap.rsa():
        stand_in = alice.sign(b"label", b"message")
    assert not alice.public.verify(b"label", b"message", stand_in)
    assert alice.public.verify(b"label", b"message", alice.sign(b"label", b"message"))
    assert PublicKey.from_spki(alice.public.spki) == alice.public


def test_both_ends_of_an_encapsulation_agree() -> None:
    kem = cheap.ambient().kem
    pair = kem.generate()
    sent = kem.encapsulate(pair.x, pair.ek, b"info")
    assert (len(pair.ek), len(sent.ct)) == (EK_BYTES, CT_BYTES)
    assert pair.decapsulate(sent.x, sent.ct, b"info") == sent.secret
    assert pair.decapsulate(sent.x, sent.ct, b"other") != sent.secret
    with pytest.raises(KemError):
        pair.decapsulate(bytes(32), sent.ct, b"info")
    with pytest.raises(KemError):
        kem.encapsulate(bytes(32), pair.ek, b"info")
