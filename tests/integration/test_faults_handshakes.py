"""S26: refused proofs from one address shut it out; who is there, or elsewhere, does not notice.

Loopback is exempt from what is counted by address: the burst comes from another address of this
machine.
"""

from __future__ import annotations

import socket

import pytest

from benchmarks.clients import Client
from rsachat.protocol.codes import AlertCode
from tests.integration.test_strangers import healthy
from tests.support import keys
from tests.support.program import Site

FAILURES = 20  # AdmissionLimits.failures
OUT_OF_REACH = ("192.0.2.1", 9)  # RFC 5737; nothing is sent there


def own_address() -> str:
    """An address of this machine that is not loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(OUT_OF_REACH)
        except OSError:
            pytest.skip("this machine has no address but loopback")
        address: str = sock.getsockname()[0]
    return address


def refusal(name: str, host: str, port: int) -> str:
    """What a login from `host` is told."""
    with pytest.raises(ConnectionError) as caught:
        Client(port, keys.private(name), keys.public("server").fingerprint, host)
    return str(caught.value)


@pytest.mark.slow
def test_a_burst_of_refused_proofs_shuts_out_its_address_alone(site: Site) -> None:
    host = own_address()
    for name in ("alice", "bob"):
        site.person(name)
    server = site.serve("--host", "0.0.0.0")
    port = int(site.address.rpartition(":")[2])
    site.address = f"127.0.0.1:{port}"
    pair = site.client("alice"), site.client("bob")
    for _ in range(FAILURES):
        assert f"code={AlertCode.NOT_AUTHORIZED:d}" in refusal("carol", host, port)
        assert "not authorized" in server.event("refused")["reason"]
    healthy(pair, "during the burst")
    for name in ("carol", "alice"):  # whoever it is, and no proof is looked at
        assert f"code={AlertCode.RATE:d}" in refusal(name, host, port)
        assert server.event("refused")["name"] == ""
    newcomer = site.client("alice")  # from elsewhere
    healthy(pair, "after the burst")
    newcomer.write("quit")
    assert newcomer.wait() == 0
