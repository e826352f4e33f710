"""One's own name in a text: found as a word, in whatever case."""

from rsachat.ui.mention import around, mentions


def test_a_name_is_found_as_a_word_of_its_own() -> None:
    assert mentions("Hello, BOB!", "bob")
    assert not any(mentions(text, "bob") for text in ("bobby", "a-bob", "bob_2", "", "b ob"))
    assert not mentions("anything", "")


def test_every_second_piece_is_the_name() -> None:
    assert around("Bob and bob", "bob") == ["", "Bob", " and ", "bob", ""]
    assert around("Bob", "") == ["Bob"]
    assert len(around("bob " * 1000, "bob")) == 41
