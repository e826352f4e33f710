"""How each view of the client reads: lines of styled parts, the same for screen and pipe.

Here text from others is cleaned; what draws the lines (Rich, prompt_toolkit, a pipe) only adds
colour. Loads neither of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import tzinfo

from rsachat import amounts
from rsachat.client import views
from rsachat.client.lines import ADDRESSING, COMMANDS
from rsachat.protocol.safe_text import Clean, clean_line, clean_message, clean_name, join
from rsachat.ui.cells import cells
from rsachat.ui.mention import around, mentions

MARK = " " * 9 + "│ "  # under the text, not the time: no line of a message begins like another's
TRUST_MARKS = {
    views.Trust.VERIFIED: ("✓", "good"),
    views.Trust.PINNED: ("•", "label"),
    views.Trust.NEW: ("?", "warning"),
}
MENTION = "»"  # beside the name of who says one's own name
_HEAD = 48  # characters of a text by which its later states recall it


@dataclass(frozen=True, slots=True)
class Part:
    """Clean text and the name of its style."""

    clean: Clean
    style: str = "text"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `result`: what the program is for (stdout), not what is said about it."""

    parts: tuple[Part, ...]
    result: bool = False

    @property
    def plain(self) -> str:
        return "".join(part.clean.plain for part in self.parts)


def part(text: str | Clean, style: str = "text") -> Part:
    """Our own words, or cleaned ones, in a style."""
    return Part(join(text), style)


def system(*texts: str | Clean, style: str = "system") -> Line:
    """A line of the program's own."""
    return Line((Part(join(*texts), style),))


@dataclass(frozen=True, slots=True)
class Wording:
    """Turns views into lines.

    `zone` is where times are told (None: here), `marks` adds trust, `most_lines` is how many
    lines of one message are shown (0: all), so that one message cannot scroll the rest away.
    """

    zone: tzinfo | None = None
    marks: bool = False
    most_lines: int = 0

    def lines(self, view: views.View, now_ms: int) -> tuple[Line, ...]:
        """The lines of a view at `now_ms`; none where others show it (one's own messages)."""
        match view:
            case views.Message():
                return self.message(view)
            case views.Connected():
                return _connected(view)
            case views.Rejected(_, reason, hint):
                return (
                    system("not sent: ", clean_line(reason), style="warning"),
                    *((system("hint: ", clean_line(hint), style="hint"),) if hint else ()),
                )
            case views.Joined() | views.Left() | views.Count():
                return (self.presence(view, now_ms),)
            case views.Closed(reason, orderly):  # the error of another end is told by who runs us
                return (system(clean_line(reason)),) if orderly else ()
            case views.Reconnecting(reason, seconds):
                pause = amounts.duration(seconds + 0.5)
                said = f"; trying again in {pause}"
                return (system(clean_line(reason), said, style="warning"),)
            case views.Held(line):
                return (system("waits for the connection: ", clean_line(head_of(line))),)
            case views.System(text):
                return _each(text, "", "system")
            case views.Warned(text):
                return _each(text, "warning: ", "warning")
            case views.Chosen(who):
                said = f"plain lines go to {who} now" if who else "nobody is chosen now"
                return (system(said),)
            case views.Roster():
                return _roster(view) if view.asked else ()
            case views.Verification():
                return _verification(view)
            case views.Help():
                return help_lines()
            case _:
                return ()

    def own_message(self, view: views.OwnMessage, state: "State") -> tuple[Line, ...]:
        """One's own message as it stands between those of others."""
        head = (
            part(f"{self.time(view.time_ms)} ", "time"),
            part("you", "own"),
            part(f" → {view.to}: ", "address"),
        )
        *lines, last = self._marked(head, view.text, result=False)
        return (*lines, Line((*last.parts, part("  "), state.part)))

    def recalled(self, to: str, head: str, state: "State", now_ms: int) -> Line:
        """A message's state that came after the message itself was shown."""
        return Line(
            (
                part(f"{self.time(now_ms)} ", "time"),
                state.part,
                part(join(f" ({to}: ", clean_line(head), ")"), "system"),
            )
        )

    def connected_again(self, view: views.Connected) -> tuple[Line, ...]:
        """What is new about a connection after the first."""
        address = clean_name(view.address)
        others = f"clients: {view.clients}; others write to you as "
        return (
            system(f"connected again to {view.server}", style="good"),
            system(others, address, "/text now"),
        )

    def unsent(self, line: str, *, whole: bool) -> tuple[Line, ...]:
        """A text that was not sent, where nobody takes it back; `whole` if nobody ever can."""
        words = replace(self, most_lines=0) if whole else self
        return words._marked((part("the text: ", "system"),), line, result=False)

    def kept(self, line: str) -> Line:
        """Which text it was that was not sent, where it does not go back to be edited."""
        return system("the text: ", clean_line(head_of(line)), style="system")

    def presence(self, view: views.Joined | views.Left | views.Count, now_ms: int) -> Line:
        time = part(f"{self.time(now_ms)} ", "time")
        count = part(f"(clients: {view.clients})", "system")
        if isinstance(view, views.Count):
            return Line((time, count))
        verb = "joined" if isinstance(view, views.Joined) else "left"
        who = join(clean_name(view.name), " ", clean_name(view.address))
        return Line((time, part(join(who, f" {verb} "), "system"), count))

    def time(self, time_ms: int) -> str:
        return amounts.clock(time_ms, self.zone)

    def message(self, view: views.Message, me: str = "") -> tuple[Line, ...]:
        """A message from somebody else; where it says `me`, one's own name, that stands out."""
        mark, style = TRUST_MARKS[view.trust]
        head = (
            part(f"{self.time(view.time_ms)} ", "time"),
            part(clean_name(view.from_name), "name"),
            *((part(f" {mark}", style),) if self.marks else ()),
            *((part(f" {MENTION}", "mention"),) if mentions(view.text, me) else ()),
            part(join(" ", clean_name(view.from_address), ": "), "address"),
        )
        return self._marked(head, view.text, result=True, me=me)

    def _marked(
        self, head: tuple[Part, ...], text: str, *, result: bool, me: str = ""
    ) -> tuple[Line, ...]:
        """A message's lines: the first behind `head`, each further one behind the mark."""
        hidden = text.count("\n") + 1 - self.most_lines if self.most_lines else 0
        if hidden > 0:
            text = "\n".join(text.split("\n", self.most_lines)[: self.most_lines])
        first, *rest = clean_message(text)
        mark = part(MARK, "mark")
        lines = [Line((*head, *_named(first, me)), result)]
        lines += [Line((mark, *_named(line, me)), result) for line in rest]
        if hidden > 0:
            said = part(f"… {amounts.number(hidden, 'more line')} not shown", "warning")
            lines.append(Line((mark, said), result))
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class State:
    """How far one's own message has come."""

    text: str
    style: str
    final: bool = False

    @property
    def part(self) -> Part:
        return Part(clean_line(self.text), self.style)


SENDING = State("sending…", "system")
SENT = State("sent", "system")


def delivered(view: views.Delivered) -> State:
    if view.delivered < view.total:
        return State(f"delivered to {view.delivered} of {view.total}", "good")
    everywhere = "delivered" if view.total == 1 else f"delivered to all {view.total}"
    return State(everywhere, "good", final=True)


def undelivered(view: views.Undelivered) -> State:
    return State(f"not delivered: {view.reason}", "bad", final=True)


def head_of(text: str) -> str:
    """The beginning of a text, enough to know it again."""
    first = text.strip().partition("\n")[0]
    cut = len(first) > _HEAD or len(first) < len(text.strip())
    return first[:_HEAD] + ("…" if cut else "")


def help_lines() -> tuple[Line, ...]:
    """What can be typed, from the same records that the grammar has."""
    rows = [(f"{command.name} {command.argument}".strip(), command.help)
            for command in (*ADDRESSING, *COMMANDS)]  # fmt: skip
    width = max(len(left) for left, _ in rows)
    marks = ", ".join(f"{mark} {trust.value}" for trust, (mark, _) in TRUST_MARKS.items())
    return (
        *(Line((part(f"  {left:<{width}}  ", "value"), part(right))) for left, right in rows),
        system(f"  beside a name: {marks}, {MENTION} says your name"),
    )


def _named(clean: Clean, me: str) -> tuple[Part, ...]:
    """A line's text, one's own name in a style of its own."""
    if not me or any(span.escaped for span in clean.spans):
        return (Part(clean),)
    pieces = enumerate(around(clean.plain, me))
    return tuple(part(piece, "mention" if number % 2 else "text") for number, piece in pieces)


def _connected(view: views.Connected) -> tuple[Line, ...]:
    name, address = clean_name(view.name), clean_name(view.address)
    others = f"clients: {view.clients}; to leave: quit, Ctrl+D or Ctrl+C; /help for more"
    return (
        system(f"connected to {view.server}", style="good"),
        system(f"fingerprint {view.fingerprint}"),
        system("you are ", name, " here, others write to you as ", address, "/text"),
        system(others),
    )


def _each(text: str, prefix: str, style: str) -> tuple[Line, ...]:
    first, *rest = clean_message(text)
    return (system(prefix, first, style=style), *(system(MARK, line, style=style) for line in rest))


def _roster(view: views.Roster) -> tuple[Line, ...]:
    width = max((cells(clean_name(entry.name).plain) for entry in view.entries), default=0)
    lines = [system(f"clients: {view.clients}", style="heading")]
    lines.extend(_entry(entry, width) for entry in view.entries)
    if view.cut:
        lines.append(system("  … and more than the server lists"))
    return tuple(lines)


def _entry(entry: views.RosterEntry, width: int) -> Line:
    name = clean_name(entry.name)
    mark, style = TRUST_MARKS[entry.trust]
    known = "you" if entry.own else entry.trust.value
    return Line(
        (
            part("  "),
            part(name, "name"),
            part(" " * (width - cells(name.plain) + 2)),
            part(join(clean_name(entry.address), "  "), "address"),
            part(known if entry.own else f"{mark} {known}", "own" if entry.own else style),
        )
    )


def _verification(view: views.Verification) -> tuple[Line, ...]:
    name = clean_name(view.name)
    rows: Iterable[tuple[str | Clean, str, str]] = (
        ("you", view.own_fingerprint, view.own_words),
        (name, view.peer_fingerprint, view.peer_words),
    )
    lines = [system("compare by voice what each of you sees:", style="heading")]
    for who, fingerprint, words in rows:
        lines.append(Line((part("  "), part(who, "name"), part(f"  {fingerprint}", "address"))))
        lines.append(Line((part(f"    {words}", "value"),)))
    mark, style = TRUST_MARKS[view.trust]
    lines.append(Line((part("  "), part(name, "name"), part(f" is {mark} {view.trust}", style))))
    return tuple(lines)
