"""What strangers may cost, and under which name a proven key comes in."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.protocol.codes import AlertCode
from rsachat.server.admission import (
    GUESTS,
    GUESTS_AN_HOUR,
    Gate,
    authorized_name,
    free_name,
    group_of,
    is_loopback,
)
from rsachat.server.events import KeyRing
from rsachat.settings import AdmissionLimits

FAR = "192.0.2.7:4000"
LIMITS = AdmissionLimits()


def enter(gate: Gate, conn: int, address: str, now: float = 0.0) -> AlertCode | int | None:
    """What the core does with a newcomer: the alert, or whoever makes room and leaves."""
    refusal = gate.arrive(conn, address, now)
    if refusal is not None:
        return refusal
    out = gate.crowded_out(conn)
    if out is not None:
        gate.leave(out)
    return out


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.7:4000", "192.0.2.7"),
        ("[::ffff:192.0.2.7]:4000", "192.0.2.7"),
        ("[2001:db8:1:2:3:4:5:6]:4000", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::1]:9", "2001:db8:1:2::/64"),
    ],
)
def test_an_ipv4_address_or_an_ipv6_network_counts_as_one(address: str, group: str) -> None:
    assert group_of(address) == group


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("127.0.0.1:1", True),
        ("127.8.9.10:1", True),
        ("[::1]:1", True),
        ("[::ffff:127.0.0.1]:1", True),
        ("192.0.2.7:1", False),
        ("[2001:db8::1]:1", False),
    ],
)
def test_this_machine_is_known_in_every_spelling(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_the_oldest_silent_stranger_of_a_full_address_makes_room() -> None:
    gate = Gate(LIMITS)
    assert [enter(gate, conn, FAR) for conn in range(32)] == [None] * 32
    gate.greeted(0)
    assert enter(gate, 32, FAR) == 1
    assert enter(gate, 33, FAR) == 2
    assert enter(gate, 34, "192.0.2.8:1") is None


def test_an_address_full_of_people_at_their_proofs_turns_the_newcomer_away() -> None:
    gate = Gate(LIMITS)
    for conn in range(32):
        enter(gate, conn, FAR)
        gate.greeted(conn)
    assert enter(gate, 32, FAR) == 32
    gate.leave(5)
    assert enter(gate, 33, FAR) is None


def test_all_strangers_together_are_bounded_too() -> None:
    gate = Gate(LIMITS)
    for conn in range(256):
        assert enter(gate, conn, f"192.0.{conn // 30}.{conn % 30}:1") is None
    assert enter(gate, 256, FAR) == 0
    for conn in range(257):
        gate.greeted(conn)
    assert enter(gate, 257, FAR) == 257


def test_loopback_counts_among_all_but_not_for_its_address() -> None:
    gate = Gate(LIMITS)
    assert [enter(gate, conn, "127.0.0.1:1") for conn in range(256)] == [None] * 256
    assert enter(gate, 256, "127.0.0.1:1") == 0
    strict = Gate(dataclasses.replace(LIMITS, limit_loopback=True))
    assert [enter(strict, conn, "[::1]:1") for conn in range(33)] == [*[None] * 32, 0]


def test_new_connections_of_an_address_have_a_rate() -> None:
    gate = Gate(LIMITS)

    def knocks(count: int, now: float) -> int:
        """How many of so many come in."""
        came = 0
        for _ in range(count):
            came += gate.arrive(1, FAR, now) is None
            gate.leave(1)
        return came

    assert knocks(150, 0.0) == 100
    assert gate.arrive(2, FAR, 0.0) is AlertCode.RATE
    assert knocks(50, 1.0) == 10  # the 50 that were refused have cost nothing
    assert gate.arrive(3, "192.0.2.8:1", 1.0) is None


def test_twenty_refused_proofs_in_a_minute_shut_the_address_out_for_one() -> None:
    gate = Gate(LIMITS)
    for second in range(19):
        gate.failed(FAR, float(second))
    assert gate.arrive(1, FAR, 19.0) is None
    gate.failed("192.0.2.7:9999", 20.0)
    assert gate.arrive(2, FAR, 79.0) is AlertCode.RATE
    assert gate.arrive(3, FAR, 80.0) is None
    for _ in range(30):
        gate.failed("127.0.0.1:5", 80.0)
    assert gate.arrive(4, "127.0.0.1:5", 80.0) is None


def test_refused_proofs_over_a_long_time_shut_nobody_out() -> None:
    gate = Gate(LIMITS)
    for number in range(60):
        gate.failed(FAR, number * 3.5)
    assert gate.arrive(1, FAR, 210.0) is None


def test_one_address_gets_twenty_open_names_an_hour_and_all_a_thousand() -> None:
    gate = Gate(LIMITS)
    for number in range(GUESTS_AN_HOUR):
        assert gate.may_add_guest(FAR, number, float(number))
    assert not gate.may_add_guest(FAR, 20, 100.0)
    assert gate.may_add_guest("192.0.2.8:1", 20, 100.0)
    for minute in range(1, 60):  # one that asks again and again gets its turn nevertheless
        assert not gate.may_add_guest(FAR, 20, 60.0 * minute)
    assert gate.may_add_guest(FAR, 20, 3600.0)
    assert not gate.may_add_guest("192.0.2.9:1", GUESTS, 100.0)


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.floats(0, 400)), max_size=120))
def test_addresses_are_forgotten_and_counts_stay_right(
    steps: list[tuple[int, bool, float]],
) -> None:
    """Whatever comes and goes, no address holds more than its share, and none is kept for ever."""
    gate, now, inside = Gate(LIMITS), 0.0, list[int]()
    for conn, (host, stays, gap) in enumerate(steps):
        now += gap
        address = f"192.0.2.{host}:1"
        if gate.arrive(conn, address, now) is None:
            out = gate.crowded_out(conn)
            inside.append(conn)
            if out is not None:
                gate.leave(out)
                inside.remove(out)
            elif not stays:
                gate.leave(conn)
                inside.remove(conn)
    for conn in inside:
        gate.leave(conn)
        gate.leave(conn)
    gate.arrive(10_000, "192.0.2.99:1", now + 10_000)
    assert len(gate._groups) == 1
    assert not gate._strangers.keys() - {10_000}


def test_a_crowd_of_addresses_is_forgotten_before_it_fills_the_memory() -> None:
    """An IPv6 /48 is 65,536 addresses of their own: each may knock once and go."""
    gate = Gate(LIMITS)
    gate.arrive(0, FAR, 0.0)
    held = []
    for conn in range(1, 20_000):
        now = conn / 5_000
        assert gate.arrive(conn, f"[2001:db8:1:{conn:x}::1]:9", now) is None
        gate.leave(conn)
        held.append(len(gate._groups))
    assert max(held) < 3_000
    assert group_of(FAR) in gate._groups


FP, OTHER = b"\1" * 32, b"\2" * 32


def test_a_key_comes_in_under_its_authorized_name() -> None:
    keys = KeyRing({FP: "alice"}, {OTHER: "guest1"})
    assert authorized_name(keys, FP, open_to_all=False) == "alice"
    assert authorized_name(keys, OTHER, open_to_all=False) is None
    assert authorized_name(keys, OTHER, open_to_all=True) == "guest1"
    assert authorized_name(keys, b"\3" * 32, open_to_all=True) is None


def test_a_revoked_key_never_comes_in() -> None:
    keys = KeyRing({FP: "alice"}, {OTHER: "bob"}, frozenset({FP, OTHER}))
    assert authorized_name(keys, FP, open_to_all=True) is None
    assert authorized_name(keys, OTHER, open_to_all=True) is None
    assert free_name(keys, FP, "new") is AlertCode.NOT_AUTHORIZED


def test_an_authorized_name_wins_over_a_guests() -> None:
    keys = KeyRing({FP: "alice"}, {OTHER: "alice"})
    assert authorized_name(keys, OTHER, open_to_all=True) is None


@pytest.mark.parametrize("wish", ["alice", "gus", "server", "all", "system", "Alice", "-x", "é"])
def test_a_name_that_is_taken_or_nobodys_to_have_is_refused(wish: str) -> None:
    assert free_name(KeyRing({FP: "alice"}, {OTHER: "gus"}), b"\3" * 32, wish) is AlertCode.NAME


def test_who_wishes_nothing_gets_the_first_free_guest_name() -> None:
    keys = KeyRing({FP: "guest1"}, {OTHER: "guest2"})
    assert free_name(keys, b"\3" * 32, "") == "guest3"
    assert free_name(keys, b"\3" * 32, "zoe") == "zoe"
