"""The scripts' texts, made from a small command with everything that wants quoting."""

import pytest

from rsachat.commands.completion_scripts import script
from rsachat.commands.completion_words import Described, Value, Words

SMALL = Described(
    "try",
    "it's a [try]: one",
    [
        Words(["-l", "--level"], Value.FREE, "N", ["1", "2"], "how [much]: it's (default: 1)"),
        Words(["--at"], Value.FOLDER, "DIR", [], "where"),
    ],
    [Words([], Value.FILE, "FILE", [], "which", True)],
)

EXPECTED = {
    "bash": [
        'try:-l|try:--level) _rsachat_fill -W "1 2" -- "$cur"; return ;;',
        'try:--at) _rsachat_files -d -- "$cur"; return ;;',
        'try:-*) _rsachat_fill -W "-l --level --at" -- "$cur" ;;',
        'try:*) _rsachat_files -f -- "$cur" ;;',
    ],
    "zsh": [
        "'try:it'\"'\"'s a [try]: one'",
        "'(-l --level)--level[how \\[much\\]\\: it'\"'\"'s]:N:(1 2)'",
        "'--at[where]:DIR:_files -/'",
        "'*:FILE:_files'",
    ],
    "fish": [
        "-n __rsachat_first -a try -d 'it\\'s a [try]: one'",
        "-s l -l level -x -a '1 2' -d 'how [much]: it\\'s'",
        "-l at -x -a '(__fish_complete_directories)' -d 'where'",
        "-n '__rsachat_is try' -F",
    ],
}


@pytest.mark.parametrize("shell", EXPECTED)
def test_what_stands_in_the_script(shell: str) -> None:
    text = script(shell, [SMALL])
    for part in EXPECTED[shell]:
        assert part in text
