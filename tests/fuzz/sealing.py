"""Messages of the ratchet with any plaintext: what a hostile sender who holds the keys can make."""

from rsachat.crypto.ctr import ctr
from rsachat.crypto.kdf import mac
from rsachat.protocol.envelope import msg_header
from rsachat.protocol.ratchet import step


def sealed_raw(chain: bytes, sid: bytes, n: int, padded: bytes, gap: int) -> tuple[bytes, bytes]:
    """MSG `n`, `gap` steps further on than `chain`, and the chain key after it."""
    chain = step(chain, gap)
    ct = ctr(mac(chain, b"\x01"), bytes(8), padded)
    header = msg_header(sid, n)
    tag = mac(mac(chain, b"\x02"), header, ct)
    return header + tag + ct, step(chain)
