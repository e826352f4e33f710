"""The table of commands and their modules."""

from importlib import import_module

from rsachat.commands.registry import COMMANDS, parser_of


def test_each_command_has_a_module_of_the_right_form() -> None:
    for name, (module, line) in COMMANDS.items():
        command = import_module(module)
        assert callable(command.add_arguments)
        assert parser_of(name).get_default("run") is command.run
        assert line[0].islower()
        assert not line.endswith(".")
