"""`rsachat completion`: a script for a shell, made from the arguments of every command."""

from __future__ import annotations

import argparse
import sys

from rsachat.commands.options import examples

SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="the shell that is to complete")
    parser.epilog = examples(
        "rsachat completion fish | source    # in ~/.config/fish/config.fish",
        'eval "$(rsachat completion bash)"    # in ~/.bashrc',
        'eval "$(rsachat completion zsh)"     # in ~/.zshrc, after compinit',
    )


def run(args: argparse.Namespace) -> int:
    from rsachat.commands.completion_scripts import script
    from rsachat.commands.completion_words import describe
    from rsachat.commands.registry import COMMANDS, parser_of

    commands = [describe(name, line, parser_of(name)) for name, (_, line) in COMMANDS.items()]
    sys.stdout.writelines(script(args.shell, commands).splitlines(keepends=True))
    return 0
