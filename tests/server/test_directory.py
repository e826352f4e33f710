"""Sessions by number, name and address."""

from rsachat.protocol.codes import FindBy
from rsachat.server.connection import Connection
from rsachat.server.directory import Directory, entry
from tests.support.bare import listed_connection
from tests.support.peers import Clock, ambient


def conn(number: int, name: str = "alice") -> Connection:
    return listed_connection(number, ambient(Clock()), name)


def test_sessions_are_found_by_exactly_their_name_or_address() -> None:
    directory = Directory()
    first, second, bob = conn(1), conn(2), conn(3, "bob")
    for one in (first, second, bob):
        directory.add(one)
    assert len(directory) == 3
    assert list(directory) == [first, second, bob]
    assert directory.session(bob.session) is bob
    assert directory.find(FindBy.NAME, "alice", 500) == (entry(first), entry(second))
    assert directory.find(FindBy.NAME, "alic", 500) == ()
    assert directory.find(FindBy.ADDRESS, bob.address, 500) == (entry(bob),)
    assert directory.find(FindBy.ADDRESS, "bob", 500) == ()
    assert directory.find(FindBy.NAME, "alice", 1) == (entry(first),)


def test_who_has_gone_is_found_no_more() -> None:
    directory = Directory()
    first, second = conn(1), conn(2)
    directory.add(first)
    directory.add(second)
    directory.remove(first)
    directory.remove(first)
    assert directory.session(first.session) is None
    assert directory.find(FindBy.ADDRESS, first.address, 500) == ()
    assert directory.find(FindBy.NAME, "alice", 500) == (entry(second),)
    directory.remove(second)
    assert directory.find(FindBy.NAME, "alice", 500) == ()
    assert len(directory) == 0


def test_an_address_that_was_taken_anew_belongs_to_the_newcomer() -> None:
    """A client may come back from its port before its old connection is known to be dead."""
    directory = Directory()
    old, new = conn(1), conn(2)
    new.address = old.address
    directory.add(old)
    directory.add(new)
    directory.remove(old)
    assert directory.find(FindBy.ADDRESS, new.address, 500) == (entry(new),)
