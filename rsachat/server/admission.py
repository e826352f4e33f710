"""Who may come in, and what strangers may cost (PROTOCOL 2.3 and 5.2)."""

import ipaddress
from dataclasses import dataclass, field

from rsachat.names import is_client_name
from rsachat.protocol.codes import AlertCode
from rsachat.server.events import KeyRing
from rsachat.server.limits import SlidingCount, TokenBucket
from rsachat.settings import AdmissionLimits

GROUPS = 1024  # addresses beyond those of the last sweep, each with 2 KiB: sweep at once
GUESTS = 1000
GUESTS_AN_HOUR = 20
HOUR = 3600.0


def group_of(address: str) -> str:
    """The addresses counted as one: an IPv4 address, or the first 64 bits of an IPv6 one."""
    ip = _ip(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ipaddress.ip_network((ip, 64), strict=False))


def is_loopback(address: str) -> bool:
    return _ip(address).is_loopback


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IP of `ip:port`; an IPv4 address that is mapped into IPv6 counts as itself."""
    ip = ipaddress.ip_address(address.rpartition(":")[0].strip("[]"))
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip


@dataclass(slots=True, eq=False)
class _Group:
    """One address's strangers and failures."""

    connects: TokenBucket
    failures: SlidingCount
    guests: SlidingCount
    strangers: int = 0
    banned_until: float = 0.0


@dataclass(slots=True)
class _Stranger:
    group: _Group | None
    greeted: bool = False


@dataclass(slots=True)
class Gate:
    """Counts strangers: connections that have not yet proven who they are."""

    limits: AdmissionLimits
    _groups: dict[str, _Group] = field(default_factory=dict)
    _strangers: dict[int, _Stranger] = field(default_factory=dict)
    _sweep_at: float = 0.0
    _sweep_above: int = GROUPS

    def arrive(self, conn: int, address: str, now: float) -> AlertCode | None:
        """Let a newcomer in (None), or say with which alert it is turned away."""
        group = self._group(address, now)
        if group is not None:
            if group.banned_until > now or not group.connects.try_take(1, now):
                return AlertCode.RATE
            group.strangers += 1
        self._strangers[conn] = _Stranger(group)
        return None

    def crowded_out(self, conn: int) -> int | None:
        """Who makes room for the newcomer `conn` where its address, or all, have too many.

        It is the oldest that has not said its hello: the newcomer itself, which is the last,
        where all others have.
        """
        group = self._strangers[conn].group
        if group is not None and group.strangers > self.limits.strangers_each:
            return self._oldest_silent(group)
        if len(self._strangers) > self.limits.strangers_all:
            return self._oldest_silent(None)
        return None

    def _oldest_silent(self, group: _Group | None) -> int:
        """Of one address, or of all."""
        return next(
            conn
            for conn, stranger in self._strangers.items()
            if not stranger.greeted and group in (None, stranger.group)
        )

    def greeted(self, conn: int) -> None:
        """A CLIENT_HELLO came whole."""
        if conn in self._strangers:
            self._strangers[conn].greeted = True

    def leave(self, conn: int) -> None:
        """No longer a stranger: logged in, or gone."""
        stranger = self._strangers.pop(conn, None)
        if stranger is not None and stranger.group is not None:
            stranger.group.strangers -= 1

    def failed(self, address: str, now: float) -> None:
        """A proof was refused; too many of them shut the address out for a while."""
        group = self._group(address, now)
        if group is not None and group.failures.add(now) >= self.limits.failures:
            group.banned_until = now + self.limits.failure_ban

    def may_add_guest(self, address: str, guests: int, now: float) -> bool:
        """Whether one more open name may be stored for this address; counts it if so."""
        group = self._group(address, now) or self._new_group(now)
        if guests >= GUESTS or group.guests.count(now) >= GUESTS_AN_HOUR:
            return False
        group.guests.add(now)
        return True

    def _group(self, address: str, now: float) -> _Group | None:
        if not self.limits.limit_loopback and is_loopback(address):
            return None
        self._sweep(now)
        key = group_of(address)
        if key not in self._groups:
            self._groups[key] = self._new_group(now)
        return self._groups[key]

    def _new_group(self, now: float) -> _Group:
        limits = self.limits
        return _Group(
            TokenBucket(limits.connects_per_second, limits.connects_burst, now),
            SlidingCount(limits.failure_window),
            SlidingCount(HOUR),
        )

    def _sweep(self, now: float) -> None:
        """Forget addresses that would count as new ones: once a minute, and in a crowd."""
        if now < self._sweep_at and len(self._groups) < self._sweep_above:
            return
        self._groups = {key: g for key, g in self._groups.items() if not _forgettable(g, now)}
        self._sweep_at, self._sweep_above = now + 60.0, 2 * len(self._groups) + GROUPS


def _forgettable(group: _Group, now: float) -> bool:
    quiet = group.failures.count(now) == 0 and group.guests.count(now) == 0
    return (
        quiet
        and group.strangers == 0
        and group.banned_until <= now
        and group.connects.fresh_at <= now
    )


def authorized_name(keys: KeyRing, fp: bytes, *, open_to_all: bool) -> str | None:
    """The name under which a key may come in, or None."""
    if fp in keys.revoked:
        return None
    name = keys.authorized.get(fp)
    if name is None and open_to_all:
        guest = keys.guests.get(fp)
        name = None if guest in keys.authorized.values() else guest
    return name


def free_name(keys: KeyRing, fp: bytes, wish: str) -> str | AlertCode:
    """On an open server: the wished name (or a made-up one) if free, else the alert."""
    if fp in keys.revoked:
        return AlertCode.NOT_AUTHORIZED
    taken = {*keys.authorized.values(), *keys.guests.values()}
    if not wish:
        return next(name for i in range(1, 10**9) if (name := f"guest{i}") not in taken)
    if wish in taken or not is_client_name(wish):
        return AlertCode.NAME
    return wish
