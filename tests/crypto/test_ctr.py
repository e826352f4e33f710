"""AES-256-CTR: the counter's layout, and the two places of the protocol that use it alone."""

import pytest
from Crypto.Cipher import AES
from hypothesis import given
from hypothesis import strategies as st

from rsachat.crypto.ctr import ctr
from rsachat.crypto.kdf import expand, extract, mac

pytestmark = pytest.mark.usefixtures("engine")

KEY, NONCE = bytes(range(32)), b"\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7"


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=8, max_size=8), st.binary())
def test_it_is_its_own_inverse(key: bytes, nonce: bytes, data: bytes) -> None:
    assert ctr(key, nonce, ctr(key, nonce, data)) == data


@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 4096, 65536])
def test_the_keystream_is_of_numbered_blocks_from_zero(length: int) -> None:
    blocks = b"".join(NONCE + i.to_bytes(8, "big") for i in range(-(-length // 16)))
    keystream = AES.new(KEY, AES.MODE_ECB).encrypt(blocks)
    assert ctr(KEY, NONCE, bytes(length)) == keystream[:length]


def test_the_block_cipher_gives_the_answer_of_fips_197() -> None:
    """Appendix C.3, so that the test before it stands on firm ground."""
    block = bytes.fromhex("00112233445566778899aabbccddeeff")
    found = AES.new(KEY, AES.MODE_ECB).encrypt(block)
    assert found.hex() == "8ea2b7ca516745bfeafc49904b496089"


def test_the_message_of_the_protocols_known_answers() -> None:
    chain = b"\x43" * 32
    head = b"\x02" + b"\x44" * 16 + bytes(4)
    body = b"\x01" + (1_700_000_000_000).to_bytes(8, "big") + b"\x45" * 16 + b"\x00\x02hi"
    ct = ctr(mac(chain, b"\x01"), bytes(8), body.ljust(128, b"\0"))
    assert ct[:16].hex() == "472c4a2f5680655b0d8b83ab86b10579"
    assert mac(mac(chain, b"\x02"), head, ct).hex() == (
        "ba5d47f62b0d532d5baa1a129b5ec7f49c306b0564c5cd76506df3530a2dedae"
    )


def test_the_envelope_unit_of_the_protocols_known_answers() -> None:
    keys = expand(extract(b"rsachat/1 up", b"\x47" * 32), b"seg", b"\x46" * 32, 64)
    ct = ctr(keys[:32], bytes(8), b"abc")
    unit = ct + mac(keys[32:], bytes(8), b"\x01", ct)
    assert unit.hex() == "89634cee2fd2036ad61db17744dac50f5e07f393955cc6013af83b95a3ecfad1508828"
