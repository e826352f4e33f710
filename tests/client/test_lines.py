"""What typed lines mean."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rsachat.client.lines import (
    COMMANDS,
    MAX_TEXT,
    Bad,
    Choose,
    Help,
    Intent,
    NotAddressed,
    Nothing,
    Quit,
    Say,
    ToAddress,
    ToChosen,
    ToName,
    Verify,
    Who,
    parse_address,
    parse_line,
    parse_who,
    text_problem,
)


@pytest.mark.parametrize(
    ("line", "intent"),
    [
        ("", Nothing()),
        (" \t ", Nothing()),
        ("quit", Quit()),
        ("  quit ", Quit()),
        ("/quit", Quit()),
        ("/who", Who()),
        ("/who  ", Who()),
        ("/help", Help()),
        ("/to bob", Choose("@bob")),
        ("/to @bob", Choose("@bob")),
        ("/to localhost:8002", Choose("127.0.0.1:8002")),
        ("/verify [::1]:8002", Verify("[::1]:8002")),
        ("127.0.0.1:8002/Hello World", ToAddress("127.0.0.1:8002", "Hello World")),
        ("127.0.0.1:8002\\Hello World", ToAddress("127.0.0.1:8002", "Hello World")),
        (" 127.0.0.1:8002/Hello", ToAddress("127.0.0.1:8002", "Hello")),
        ("127.0.0.1:8002/a/b\\c:d|e 漢🙂", ToAddress("127.0.0.1:8002", "a/b\\c:d|e 漢🙂")),
        ("127.0.0.1:8002/\\x", ToAddress("127.0.0.1:8002", "\\x")),
        ("127.0.0.1:8002/one\ntwo\n", ToAddress("127.0.0.1:8002", "one\ntwo\n")),
        ("127.0.0.1:8002/ quit", ToAddress("127.0.0.1:8002", " quit")),
        ("localhost:8002/hi", ToAddress("127.0.0.1:8002", "hi")),
        ("[::1]:8002/hi", ToAddress("[::1]:8002", "hi")),
        ("[0:0::1]:8002/hi", ToAddress("[::1]:8002", "hi")),
        ("[::ffff:10.0.0.1]:8002/hi", ToAddress("10.0.0.1:8002", "hi")),
        ("127.0.0.1:08002/hi", ToAddress("127.0.0.1:8002", "hi")),
        ("@bob Hello: a/b", ToName("bob", "Hello: a/b")),
        ("@bob\ntwo\nlines", ToName("bob", "two\nlines")),
        ("@bob  indented", ToName("bob", " indented")),
        ("@bob quit", ToName("bob", "quit")),
        ("hello", NotAddressed()),
        ("/say hello", NotAddressed()),
        ("http://x:80/y", NotAddressed()),
        ("10:30/11:30", NotAddressed()),
        ("quit now", NotAddressed()),
        ("see 127.0.0.1:80/x", NotAddressed()),
    ],
)
def test_lines_with_nobody_chosen(line: str, intent: Intent) -> None:
    assert parse_line(line, None) == intent


@pytest.mark.parametrize(
    ("line", "intent"),
    [
        ("hello", ToChosen("hello")),
        ("  two spaces", ToChosen("  two spaces")),
        ("/say quit", Say("quit")),
        ("/say /x", Say("/x")),
        ("/say @x y", Say("@x y")),
        ("/say  127.0.0.1:1/x", Say(" 127.0.0.1:1/x")),
        ("127.0.0.1:8002/x", ToAddress("127.0.0.1:8002", "x")),
        ("@bob x", ToName("bob", "x")),
        ("one\n@bob two", ToChosen("one\n@bob two")),
        ("lone \ud800 surrogate", ToChosen("lone \ufffd surrogate")),
    ],
)
def test_lines_with_somebody_chosen(line: str, intent: Intent) -> None:
    assert parse_line(line, "@carol") == intent


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("127.0.0.1:8002/", "no text"),
        ("127.0.0.1:8002/  ", "no text"),
        ("127.0.0.1:0/x", "no address"),
        ("127.0.0.1:65536/x", "no address"),
        ("300.0.0.1:80/x", "no address"),
        ("[::g]:80/x", None),
        ("[1.2.3.4]:80/x", "no address"),
        ("@bob", "no text"),
        ("@bob ", "no text"),
        ("@Bob hi", "a name"),
        ("@ hi", "a name"),
        ("@b\u00f6b hi", "a name"),
        ("/to", "needs a name"),
        ("/to Bob", "needs a name"),
        ("/to bob carol", "needs a name"),
        ("/verify", "needs a name"),
        ("/who bob", "stands alone"),
        ("/quit now", "stands alone"),
        ("/say", "no text"),
        ("/nope x", "no command /nope"),
        ("/" + "n" * 60_000, "no command /" + "n" * 19 + "…;"),
        ("/etc/passwd", "no command /etc/passwd"),
        ("@bob " + "x" * (MAX_TEXT + 1), "too long"),
        ("127.0.0.1:8002/" + "é" * (MAX_TEXT // 2 + 1), "too long"),
    ],
)
def test_bad_lines_say_why_and_shortly(line: str, reason: str | None) -> None:
    intent = parse_line(line, None)
    if reason is None:
        assert intent == NotAddressed()
    else:
        assert isinstance(intent, Bad)
        assert reason in intent.reason
        assert len(intent.reason) < 120


def test_the_longest_text_passes() -> None:
    text = "é" * (MAX_TEXT // 2)
    assert parse_line(f"@bob {text}", None) == ToName("bob", text)
    assert text_problem(text) is None
    assert "61,441 bytes" in (text_problem("x" * 61_441) or "")


@pytest.mark.parametrize("text", ["bob", "@bob", " bob "])
def test_who_is_a_name(text: str) -> None:
    assert parse_who(text) == "@bob"


@pytest.mark.parametrize(
    "text", ["", "@", "Bob", "a b", "-x", "a" * 33, "1.2.3.4", "x:80", "[::1]"]
)
def test_who_is_nothing_else(text: str) -> None:
    assert parse_who(text) is None


def test_every_listed_command_is_understood() -> None:
    for command in COMMANDS:
        line = f"{command.name} {'bob' if command.argument else ''}".rstrip()
        assert not isinstance(parse_line(line, "@x"), Bad)


ports = st.integers(1, 65_535)
some_text = st.text(min_size=1).filter(lambda t: t.strip() and t.encode("utf-8", "replace") != b"?")


@given(st.ip_addresses(v=4), ports, st.sampled_from("/\\"), some_text)
def test_any_text_after_an_ipv4_address(
    ip: ipaddress.IPv4Address, port: int, separator: str, text: str
) -> None:
    expected = ToAddress(f"{ip}:{port}", text)
    assert parse_line(f"{ip}:{port}{separator}{text}", None) == expected


@given(st.ip_addresses(v=6), ports, some_text)
def test_any_text_after_an_ipv6_address(ip: ipaddress.IPv6Address, port: int, text: str) -> None:
    intent = parse_line(f"[{ip}]:{port}/{text}", "@x")
    assert isinstance(intent, ToAddress)
    assert intent.text == text
    assert parse_address(intent.address) == intent.address


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,31}", fullmatch=True), some_text)
def test_any_text_after_a_name(name: str, text: str) -> None:
    assert parse_line(f"@{name} {text}", None) == ToName(name, text)


@given(st.text(st.characters(exclude_categories=())), st.sampled_from([None, "@bob"]))
def test_no_line_raises_and_every_text_can_be_sent(line: str, chosen: str | None) -> None:
    match parse_line(line, chosen):
        case ToAddress(_, text) | ToName(_, text) | ToChosen(text) | Say(text):
            assert text_problem(text) is None
            text.encode("utf-8")
        case _:
            pass
