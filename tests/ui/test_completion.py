"""What Tab completes."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from rsachat.client import views
from rsachat.ui.completion import Candidate, People, TabCompleter, candidates


def people() -> People:
    some = People()
    entries = [
        views.RosterEntry(name, address, "f", views.Trust.PINNED, own)
        for name, address, own in (
            ("alice", "127.0.0.1:8001", False),
            ("bob", "127.0.0.1:8002", False),
            ("bob", "[::1]:8003", False),
            ("me", "127.0.0.1:9", True),
        )
    ]
    some.see(views.Roster(tuple(entries), 4, asked=False))
    return some


def texts(before: str) -> list[str]:
    return [candidate.text for candidate in candidates(before, people())]


@pytest.mark.parametrize(
    ("before", "completed"),
    [
        ("/w", ["/who"]),
        ("/v", ["/verify "]),
        ("/to", ["/to "]),
        ("@", ["@alice ", "@bob "]),
        ("@b", ["@bob "]),
        ("127", ["127.0.0.1:8001/", "127.0.0.1:8002/"]),
        ("[", ["[::1]:8003/"]),
        ("/to b", ["bob"]),
        ("/to @b", ["@bob"]),
        ("/verify 127.0.0.1:8002", []),
        ("/to [", ["[::1]:8003"]),
        ("", []),
        ("hello @b", []),
        ("@bob hi", []),
        ("/say b", []),
        ("/zzz", []),
    ],
)
def test_candidates(before: str, completed: list[str]) -> None:
    assert texts(before) == completed


def test_an_address_says_whose_it_is() -> None:
    assert Candidate("127.0.0.1:8001/", 2, "alice") in list(candidates("12", people()))


def test_people_come_and_go() -> None:
    some = people()
    some.see(views.Joined("carol", "127.0.0.1:8004", 5))
    some.see(views.Left("alice", "127.0.0.1:8001", 4))
    some.see(views.Left("nobody", "127.0.0.1:1", 4))
    assert some.names == ["bob", "carol"]


def test_names_that_are_none_are_not_completed() -> None:
    some = People()
    some.see(views.Joined("\x1b[2J", "127.0.0.1:1", 1))
    assert list(candidates("@", some)) == []
    assert list(candidates("1", some)) == [Candidate("127.0.0.1:1/", 1, "\\e[2J")]


def test_prompt_toolkit_gets_them() -> None:
    completions = list(
        TabCompleter(people()).get_completions(Document("@b rest", 2), CompleteEvent())
    )
    assert [(item.text, item.start_position) for item in completions] == [("@bob ", -2)]
