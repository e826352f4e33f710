"""Completion scripts for bash, zsh and fish: Tab never starts rsachat.

They hold every word; names of people, servers and identities the shell finds in the keys folder
(completion_names.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from shlex import quote

from rsachat.commands.completion_names import LOOK_UP
from rsachat.commands.completion_words import NAMES, Described, Value, Words

_SHORT = 60  # letters of a help text that stand beside a completed word
Commands = Sequence[Described]


def script(shell: str, commands: Commands) -> str:
    """The script for `shell`: bash, zsh or fish."""
    return "\n".join((_HEADS[shell], LOOK_UP[shell], *_SCRIPTS[shell](commands))) + "\n"


def _short(text: str) -> str:
    """The beginning of a help text, without its default."""
    text = re.sub(r" \(default: .*\Z", "", text)
    return text if len(text) <= _SHORT else text[: _SHORT - 1].rstrip() + "…"


# bash

_BASH_HEAD = """\
_rsachat_fill() { mapfile -t COMPREPLY < <(compgen "$@"); }
_rsachat_files() { compopt -o filenames 2>/dev/null; _rsachat_fill "$@"; }
_rsachat_words() {"""
_BASH_TAIL = """\
  esac
}
_rsachat() {
  local n=$COMP_CWORD breaks=${COMP_WORDBREAKS-:@}
  local cur=${COMP_WORDS[n]} prev
  # words come in pieces around : and @; what stands before a : is not replaced
  while [[ $breaks == *:* ]] && ((n > 2)) &&
    [[ ${cur:0:1} == : || ${COMP_WORDS[n-1]} == @ || ${COMP_WORDS[n-1]} == *: ]]; do
    cur=${COMP_WORDS[--n]}$cur
  done
  prev=${COMP_WORDS[n-1]} COMPREPLY=()
  _rsachat_words
  if [[ $breaks == *:* && $cur == *:* && $cur != \\"* && $cur != \\'* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${cur%"${cur##*:}"}"}")
  fi
}
complete -F _rsachat rsachat"""


def _bash(commands: Commands) -> Iterator[str]:
    names = " ".join(command.name for command in commands)
    yield _BASH_HEAD
    yield "  if ((n == 1)); then"
    yield f'    _rsachat_fill -W "{names} help --help --version" -- "$cur"; return'
    yield "  fi"
    yield "  case ${COMP_WORDS[1]}:$prev in"
    yield f'    help:help) _rsachat_fill -W "{names}" -- "$cur"; return ;;'
    for command in commands:
        yield from _bash_values(command)
    yield "  esac"
    yield "  case ${COMP_WORDS[1]}:$cur in"
    for command in commands:
        options = " ".join(name for option in command.options for name in option.names)
        yield f'    {command.name}:-*) _rsachat_fill -W "{options}" -- "$cur" ;;'
        if done := _bash_value(command.arguments):
            yield f"    {command.name}:*) {done} ;;"
    yield _BASH_TAIL


def _bash_values(command: Described) -> Iterator[str]:
    """What follows an option that takes a value, options of one kind together."""
    patterns: dict[str, list[str]] = {}
    for option in command.options:
        if option.value is not Value.NONE:
            names = [f"{command.name}:{name}" for name in option.names]
            patterns.setdefault(_bash_value([option]), []).extend(names)
    for done, names in patterns.items():
        yield f"    {'|'.join(names)}) {done + '; ' if done else ''}return ;;"


def _bash_value(words: Sequence[Words]) -> str:
    """All that may stand there: which argument it is, is not counted."""
    choices = " ".join(choice for word in words for choice in word.choices)
    kinds = {word.value for word in words}
    given = f' -W "{choices}"' if choices else ""
    names = [f"_rsachat_names {kind.name.lower()}" for kind in NAMES & kinds]
    if Value.FILE in kinds:
        return f'_rsachat_files -f{given} -- "$cur"'
    if Value.FOLDER in kinds:
        return f'_rsachat_files -d{given} -- "$cur"'
    return "; ".join([f'_rsachat_fill{given} -- "$cur"'] * bool(given) + names)


# zsh

_ZSH_HEAD = """\
_rsachat() {
  local -a commands"""
_ZSH_CHOICE = """\
  if (( CURRENT == 2 )); then
    _describe -t commands command commands -- options
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
    help) _describe -t commands command commands ;;"""
_ZSH_TAIL = """\
  esac
}
if [[ $funcstack[1] == _rsachat ]]; then _rsachat "$@"; else compdef _rsachat rsachat; fi"""


def _zsh(commands: Commands) -> Iterator[str]:
    yield _ZSH_HEAD
    listed = " ".join(quote(f"{c.name}:{_short(c.help)}") for c in commands)
    yield f"  commands=({listed})"
    yield "  local -a options=('--help:print a help' '--version:print the version')"
    yield _ZSH_CHOICE
    for command in commands:
        specs = [spec for option in command.options for spec in _zsh_option(option)]
        specs += [_zsh_argument(argument) for argument in command.arguments]
        yield f"    {command.name}) _arguments \\\n      " + " \\\n      ".join(specs) + " ;;"
    yield _ZSH_TAIL


def _zsh_option(option: Words) -> Iterator[str]:
    others = f"({' '.join(option.names)})" if len(option.names) > 1 else ""
    for name in option.names:
        value = "" if option.value is Value.NONE else _zsh_value(option)
        yield quote(f"{others}{name}[{_zsh_text(_short(option.help))}]{value}")


def _zsh_argument(argument: Words) -> str:
    return quote(f"{'*' if argument.many else ''}{_zsh_value(argument)}")


def _zsh_value(words: Words) -> str:
    action = {Value.FILE: "_files", Value.FOLDER: "_files -/"}.get(words.value, " ")
    if words.value in NAMES:
        action = f" _rsachat_names {words.value.name.lower()}"
    elif words.choices:
        action = f"({' '.join(words.choices)})"
    return f":{_zsh_text(words.metavar)}:{action}"


def _zsh_text(text: str) -> str:
    return re.sub(r"([\\\[\]:])", r"\\\1", text)


# fish

_FISH_HEAD = """\
function __rsachat_is
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end
function __rsachat_first
    test (count (commandline -opc)) -eq 1
end
complete -c rsachat -f
complete -c rsachat -n __rsachat_first -l help -d 'print a help'
complete -c rsachat -n __rsachat_first -l version -d 'print the version'
complete -c rsachat -n __rsachat_first -a help -d 'print the help of a command'"""


def _fish(commands: Commands) -> Iterator[str]:
    yield _FISH_HEAD
    names = " ".join(command.name for command in commands)
    yield f"complete -c rsachat -n '__rsachat_is help' -a '{names}'"
    for command in commands:
        here = f"complete -c rsachat -n '__rsachat_is {command.name}'"
        text = _fish_text(command.help)
        yield f"complete -c rsachat -n __rsachat_first -a {command.name} -d {text}"
        for option in command.options:
            yield f"{here} {_fish_option(option)}"
        for argument in command.arguments:
            if value := _fish_value(argument):
                yield f"{here} {value}"


def _fish_option(option: Words) -> str:
    names = [
        f"-{'l' if name.startswith('--') else 's'} {name.lstrip('-')}" for name in option.names
    ]
    only = "-r" if option.value is Value.FILE else "-x"  # -r offers files as well
    value = [only, _fish_value(option)] if option.value is not Value.NONE else []
    return " ".join(filter(None, [*names, *value, "-d", _fish_text(_short(option.help))]))


def _fish_value(words: Words) -> str:
    if words.choices:
        return f"-a '{' '.join(words.choices)}'"
    if words.value in NAMES:
        return f"-a '(__rsachat_names {words.value.name.lower()})'"
    return {Value.FILE: "-F", Value.FOLDER: "-a '(__fish_complete_directories)'"}.get(
        words.value, ""
    )


def _fish_text(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_HEADS = {
    "bash": '# rsachat in bash, by: eval "$(rsachat completion bash)"',
    "zsh": '#compdef rsachat\n# rsachat in zsh, by: eval "$(rsachat completion zsh)"',
    "fish": "# rsachat in fish, by: rsachat completion fish | source",
}
_SCRIPTS: dict[str, Callable[[Commands], Iterator[str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
