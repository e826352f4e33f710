"""What a parser tells a completion script."""

from rsachat.cli import COMMANDS, parser_of
from rsachat.commands.completion_words import LOOKED_UP, NAMES, Value, describe


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


def test_what_is_looked_up_is_there() -> None:
    found = {
        (command, name): word.value
        for command in COMMANDS
        for described in [describe(command, "", parser_of(command))]
        for word in (*described.options, *described.arguments)
        for name in (*word.names, *([] if word.names else [word.metavar]))
        if word.value in NAMES
    }
    assert found == LOOKED_UP


def test_every_server_and_every_identity_is_looked_up() -> None:
    for command in COMMANDS:
        for option in describe(command, "", parser_of(command)).options:
            if "--server" in option.names:
                assert option.value is Value.SERVER, command
            if "--name" in option.names and command != "authorize":  # there it is a new one
                assert option.value is Value.IDENTITY, command
