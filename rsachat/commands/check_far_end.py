"""`doctor` on a server somewhere: reachable, proven, this key welcome, its clock, its version."""

from __future__ import annotations

from dataclasses import dataclass

from rsachat import amounts
from rsachat.client.checkup import CheckupCore
from rsachat.client.probe import ProbeCore
from rsachat.commands.checks import Report
from rsachat.commands.one_question import ask_server
from rsachat.crypto.fingerprint import fingerprint_text
from rsachat.crypto.rsa import PrivateKey, PublicKey, Random
from rsachat.errors import ConnectError, RefusedError
from rsachat.protocol.frames import VERSION
from rsachat.runtime.addresses import host_port
from rsachat.runtime.client_shell import Target
from rsachat.settings import ChatLimits, ClientSettings

SERVER = "server"
UNEXACT_MS = 10_000  # a clock that is off by more is worth a word
SKEW_MS = ChatLimits().clock_skew_ms


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Someone who looks at a server's proven key, and leaves before naming itself."""

    public: PublicKey

    def sign(self, label: bytes, message: bytes, random: Random, /) -> bytes:
        """Never asked for: without a pin no login goes so far."""
        raise AssertionError("an onlooker was asked to sign")


def key_at(public: PublicKey, target: Target) -> PublicKey:
    """The key that the server there proves. Raises ConnectError or RefusedError."""
    address = host_port(target.host, target.port)
    core = ask_server(
        target, lambda ambient: ProbeCore(Onlooker(public), address, ambient, ClientSettings())
    )
    assert core.key is not None
    return core.key


def check_key(report: Report, public: PublicKey, target: Target, pin: bytes | None) -> None:
    """Without logging in: what answers there, and whether it is who it should be."""
    address = host_port(target.host, target.port)
    with report.trouble(SERVER, address):
        key = key_at(public, target)
        told = fingerprint_text(key.fingerprint)
        if pin is None:
            todo = "compare that with what rsachat keys shows there; the first login asks"
            report.warn(SERVER, address, f"it answers, with a key not known here: {told}", todo)
        elif pin != key.fingerprint:
            raise RefusedError(
                f"it has another key than the one known here: {told}",
                why=f"expected {fingerprint_text(pin)}; someone may be in between",
                hint=f"ask who runs it; if it is expected: rsachat trust replace {address}",
            )
        else:
            report.ok(SERVER, address, "it answers, and has proven the key known here")
        _same_version(report, address)


def check_login(report: Report, identity: PrivateKey, target: Target, pin: bytes) -> None:
    """A whole login: both keys, the time it takes, the clock and the limits told there."""
    address = host_port(target.host, target.port)
    with report.trouble(SERVER, address):
        core = ask_server(
            target,
            lambda ambient: CheckupCore(identity, address, pin, ambient, ClientSettings()),
        )
        assert core.welcome is not None
        took = f"in {core.seconds * 1000:.0f} ms"
        welcome = core.welcome
        report.ok(SERVER, address, f"proven, and this key is let in as {welcome.name}, {took}")
        check_clock(report, address, core.clock_ms)
        _same_version(report, address)
        most = f"{amounts.size(welcome.max_rsa)} in RSA chunks, {amounts.size(welcome.max_file)}"
        report.ok("largest upload", address, f"{most} with --envelope")


def check_clock(report: Report, address: str, ahead_ms: int) -> None:
    """How far the clock there is ahead of this one, in milliseconds."""
    off = f"{amounts.duration(abs(ahead_ms) / 1000)} {'ahead of' if ahead_ms > 0 else 'behind'}"
    found = f"the server's is {off} this one"
    todo = "set both clocks by the network: timedatectl shows whether that is on"
    if abs(ahead_ms) > SKEW_MS:
        report.fail("clock", address, found, todo)
    elif abs(ahead_ms) > UNEXACT_MS:
        report.warn("clock", address, found, todo)
    else:
        report.ok("clock", address, "the same here and there, to a few seconds")


def proves(public: PublicKey, target: Target) -> bool:
    """Whether a server with this very key answers there."""
    try:
        return key_at(public, target) == public
    except (ConnectError, RefusedError):
        return False


def _same_version(report: Report, address: str) -> None:
    """A handshake has come to its end: both speak this version."""
    found = f"it speaks protocol {VERSION}, as this program does"
    report.ok("version", address, f"{found}; what it runs on is not told to others")
