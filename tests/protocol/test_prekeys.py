"""One's own prekeys: renewed by the hour or by use, and forgotten by the clock."""

from rsachat.protocol.bundle import Owner, check_bundle
from rsachat.protocol.prekeys import Prekeys
from rsachat.settings import ChatLimits
from tests.support.peers import SERVER_FP, Clock, chat_context


def made(limits: ChatLimits | None = None) -> tuple[Clock, Prekeys]:
    clock = Clock()
    return clock, Prekeys(chat_context(clock, "alice", limits=limits))


def test_empty_until_it_is_renewed() -> None:
    _, prekeys = made()
    assert prekeys.find(bytes(16)) is None
    assert prekeys.next_deadline() is None
    assert not prekeys.is_due()


def test_the_bundle_is_good_and_found_by_its_pid() -> None:
    clock = Clock()
    context = chat_context(clock, "alice")
    prekeys = Prekeys(context)
    bundle = prekeys.renew()
    owner = Owner("alice", context.key.public.fingerprint, SERVER_FP)
    assert check_bundle(bundle, owner, (), clock.wall_ms(), ChatLimits()) == context.key.public
    assert bundle.expires_ms - bundle.created_ms == 2 * 3600 * 1000
    found = prekeys.find(bundle.pid)
    assert found is not None
    assert (found.pair.x, found.pair.ek) == (bundle.x, bundle.ek)
    assert context.memory.own_pids == {bundle.pid}


def test_due_after_an_hour() -> None:
    clock, prekeys = made()
    prekeys.renew()
    assert prekeys.next_deadline() == clock.now + 3600
    clock.now += 3599.9
    assert not prekeys.is_due()
    clock.now += 0.1
    assert prekeys.is_due()


def test_the_previous_one_lives_a_minute() -> None:
    clock, prekeys = made()
    old = prekeys.renew()
    new = prekeys.renew()
    assert old.pid != new.pid
    assert prekeys.next_deadline() == clock.now + 60
    clock.now += 59.9
    assert prekeys.find(old.pid) is not None
    clock.now += 0.1
    assert prekeys.find(old.pid) is None
    assert prekeys.find(new.pid) is not None


def test_forgetting_needs_no_use() -> None:
    clock, prekeys = made()
    prekeys.renew()
    prekeys.renew()
    clock.now += 60
    prekeys.forget()
    assert prekeys.next_deadline() == clock.now - 60 + 3600


def test_due_after_so_many_sessions_but_not_too_soon() -> None:
    clock, prekeys = made(ChatLimits(prekey_inits=3))
    prekey = prekeys.find(prekeys.renew().pid)
    assert prekey is not None
    prekey.sids |= {b"a", b"b", b"c"}
    clock.now += 29
    assert not prekeys.is_due(), "the server takes one in ten seconds, and one may be delayed"
    clock.now += 1
    assert prekeys.is_due()
