"""What a parser tells a completion script."""

from rsachat.cli import parser_of
from rsachat.commands.completion_words import Value, describe


def test_each_value_is_of_a_kind() -> None:
    upload = describe("upload", "deliver files", parser_of("upload"))
    kinds = {name: option.value for option in upload.options for name in option.names}
    assert kinds["--envelope"] is Value.NONE
    assert kinds["--receipt"] is Value.FILE
    assert kinds["--keys"] is Value.FOLDER
    assert kinds["--as"] is Value.FREE
    [source] = upload.arguments
    assert (source.metavar, source.value, source.many) == ("SOURCE", Value.FILE, True)


def test_both_names_of_an_option_are_one_thing() -> None:
    keys = describe("keys", "list", parser_of("keys"))
    assert [option.names for option in keys.options if "-q" in option.names] == [["-q", "--quiet"]]
    assert [argument.choices for argument in keys.arguments] == [["passwd"], []]
