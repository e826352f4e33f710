"""Who is there as the server says, and the trust that is this client's own."""

from rsachat.client.people import KnownPerson, People
from rsachat.client.roster import WhoIsThere
from rsachat.client.views import Count, Joined, Left, Roster, Trust
from rsachat.protocol import messages as m
from tests.support.hub import MemoryPins

OWN = b"\0" * 8


def entry(number: int, name: str = "bob") -> m.Entry:
    return m.Entry(bytes([number]) * 8, name, bytes([number]) * 32, f"10.0.0.{number}:1")


def there(*known: KnownPerson) -> WhoIsThere:
    return WhoIsThere(OWN, People(MemoryPins(list(known)), bytes(32)))


def listed(who: WhoIsThere) -> list[str]:
    return [one.address for one in who.view(asked=True).entries]


def test_the_list_is_kept_in_step_with_who_comes_and_goes() -> None:
    who = there()
    who.replace(m.Roster(0, (entry(1), entry(2))))
    assert who.notice(m.Notice(1, 4, entry(3))) == Joined("bob", "10.0.0.3:1", 4)
    assert who.notice(m.Notice(2, 3, entry(1))) == Left("bob", "10.0.0.1:1", 3)
    assert listed(who) == ["10.0.0.2:1", "10.0.0.3:1"]
    assert who.clients == 3
    who.replace(m.Roster(1, (entry(9),)))
    view = who.view(asked=True)
    assert (view.cut, listed(who)) == (True, ["10.0.0.9:1"])


def test_the_own_coming_is_no_news_but_says_that_one_is_counted() -> None:
    who = there()
    assert not who.listed
    assert who.notice(m.Notice(1, 1, entry(0))) is None
    assert who.listed
    assert who.view(asked=False).entries[0].own


def test_in_a_crowd_the_count_says_that_one_is_counted() -> None:
    who = there()
    assert who.notice(m.Notice(3, 600)) == Count(600)
    assert who.listed
    assert who.clients == 600


def test_trust_is_this_clients_own_word() -> None:
    who = there(
        KnownPerson("bob", bytes([1]) * 32, True), KnownPerson("eve", bytes([2]) * 32, False)
    )
    view = who.replace(m.Roster(0, (entry(1), entry(2, "eve"), entry(3, "zoe"))))
    assert isinstance(view, Roster)
    assert [one.trust for one in view.entries] == [Trust.VERIFIED, Trust.PINNED, Trust.NEW]
    assert not view.asked


def test_addresses_are_known_until_somebody_has_gone() -> None:
    who = there()
    who.learn([entry(5)])
    assert who.address(entry(5).session) == "10.0.0.5:1"
    who.forget(entry(5).session)
    assert who.address(entry(5).session) == ""
