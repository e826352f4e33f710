"""Writes every vector: `python -m tests.vectors.make_vectors`.

kem.json, init.json and handshake.json come out anew at each run (the library's KEM takes no
randomness); the others change only with the protocol's version.
"""

from tests.vectors import (
    make_envelope,
    make_hop,
    make_messages,
    make_primitives,
    make_skew,
    make_transfer,
)

MAKERS = (make_primitives, make_messages, make_hop, make_envelope, make_transfer, make_skew)

if __name__ == "__main__":
    for maker in MAKERS:
        maker.main()
