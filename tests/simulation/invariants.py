"""What must hold in every world after every step; each gives "" or what is wrong."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rsachat.client import views as v
from rsachat.errors import KeyFileError
from rsachat.protocol.receipt_file import NotProven, decode_receipt_file
from rsachat.runtime.pins import Pins
from rsachat.runtime.upload_tree import PART, PARTS
from rsachat.server import notices as n
from tests.simulation.chatter import Chatter
from tests.simulation.site import PEOPLE, SETTINGS
from tests.simulation.stand_ins import identity
from tests.simulation.uploader import Uploader
from tests.simulation.world import World

Shown = tuple[Chatter, v.View]


@dataclass
class Memory:
    """What the invariants remember of a world."""

    world: World
    fresh: list[Shown] = field(default_factory=list)
    showings: defaultdict[str, list[Chatter]] = field(default_factory=lambda: defaultdict(list))
    """By text: who has shown it."""
    accepted: dict[str, int] = field(default_factory=dict)
    """By text: its place among all that were accepted for sending."""
    places: dict[str, int] = field(default_factory=dict)
    """By end-to-end session: the place of the last text shown."""
    notices: list[n.Notice] = field(default_factory=list)
    """What the server has announced since the last look."""
    notices_seen: int = 0
    disk_seen: int = -1
    homes_seen: int = -1
    """How often the disks had been used at the last look."""

    def look(self) -> None:
        """Take in what was shown and announced since the last step."""
        self.fresh, announced = list(self.world.fresh()), self.world.site.notices
        self.notices, self.notices_seen = announced[self.notices_seen :], len(announced)
        for chatter, view in self.fresh:
            if isinstance(view, v.Message):
                self.showings[view.text].append(chatter)


def shown_was_sent(memory: Memory) -> str:
    """No message is shown that its sender has not typed for whoever shows it."""
    for chatter, view in memory.fresh:
        if isinstance(view, v.Message):
            said = memory.world.said.get(view.text)
            if said is None or said.author.name != view.from_name:
                return f"{chatter.label} shows what {view.from_name} has not said"
            meant = memory.world.addresses.get(said.to)
            if said.to != chatter.name and meant is not chatter:
                return f"{chatter.label} shows what was said to {said.to}"
    return ""


def shown_once(memory: Memory) -> str:
    """A process shows a message once, whatever connections come and go."""
    for chatter, view in memory.fresh:
        if isinstance(view, v.Message) and memory.showings[view.text].count(chatter) > 1:
            return f"{chatter.label} shows {view.text[:24]} again"
    return ""


def order_kept(memory: Memory) -> str:
    """Within a session messages are shown in the order in which their sender accepted them."""
    sessions = memory.world.site.sessions
    for chatter, view in memory.fresh:
        if isinstance(view, v.OwnMessage):
            memory.accepted[view.text] = len(memory.accepted)
        elif isinstance(view, v.Message):
            session, place = sessions[view.envelope], memory.accepted[view.text]
            if memory.places.get(session, -1) >= place:
                return f"{chatter.label} shows {view.text[:24]} after a later one"
            memory.places[session] = place
    return ""


def delivered_is_true(memory: Memory) -> str:
    """Who says "delivered, k of n" is right: so many have shown it."""
    for chatter, view in memory.fresh:
        if isinstance(view, v.Delivered):
            text = chatter.own_ids[view.id]
            if _goes_to_insider(memory, text):
                continue  # who may say of themselves what they like
            if view.delivered > len(memory.showings[text]):
                return f"{chatter.label}: {text[:24]} counts as delivered {view.delivered} times"
    return ""


def _goes_to_insider(memory: Memory, text: str) -> bool:
    world = memory.world
    to = world.said[text].to
    meant = world.addresses.get(to)
    return world.insider in (to, meant.name if meant is not None else None)


def count_is_exact(memory: Memory) -> str:
    """The server's count is that of the connections that it announced and not yet ended."""
    site = memory.world.site
    if site.up and site.core.clients != len(site.listed):
        return f"the server counts {site.core.clients}, {len(site.listed)} are connected"
    return ""


def count_is_shown(memory: Memory) -> str:
    """For the end: every client shows the count that the server has."""
    count = memory.world.site.core.clients
    told = {c.label: c.count for c in memory.world.chatters if c.is_there}
    if set(told.values()) - {count} or len(told) != count:
        return f"the server counts {count}, the clients show {told}"
    return ""


def acknowledged_is_on_disk(memory: Memory) -> str:
    """What UP_ACK has said of a file is there when the process dies at this moment."""
    for uploader in memory.world.uploaders:
        if uploader.new_stored:
            uploader.new_stored, stored = False, uploader.stored
            found = _part(memory.world, uploader) or _final(memory.world, uploader) or b""
            if found[:stored] != uploader.data[:stored]:
                return f"{stored} bytes of {uploader.target} are not on the disk"
    return ""


def receipted_is_whole(memory: Memory) -> str:
    """A file with a receipt is there and whole, also after a power cut."""
    for uploader in memory.world.uploaders:
        if uploader.done and _final(memory.world, uploader) != uploader.data:
            return f"{uploader.target} was receipted and is not whole"
    return ""


def final_is_whole_or_absent(memory: Memory) -> str:
    """Under a file's own name nothing stands but the whole file."""
    for uploader in memory.world.uploaders:
        if _final(memory.world, uploader) not in (None, uploader.data):
            return f"{uploader.target} stands there and is not whole"
    return ""


def pins_are_kept(memory: Memory) -> str:
    """A key that was pinned is pinned still, also after a power cut at home."""
    for home in memory.world.homes.values():
        try:
            found = {(pin.name, pin.fp) for pin in Pins(home.keys).all_peers()}
        except KeyFileError as error:
            return f"the pins of {home.name} cannot be read: {error}"
        for name, _ in home.promised_pins - found:
            return f"{home.name} has lost the pin of {name}"
    return ""


def receipts_are_kept(memory: Memory) -> str:
    """A receipt that was kept is there, also after a power cut at home; none is there in part."""
    for home in memory.world.homes.values():
        found = {path.name: path.read_bytes() for path in home.receipts.glob("*.receipt")}
        for name, receipt in home.promised_receipts.items():
            if found.get(name) != receipt:
                return f"{home.name} has lost {name}"
        try:
            for receipt in found.values():
                decode_receipt_file(receipt)
        except NotProven as error:
            return f"a receipt of {home.name} is not whole: {error}"
    return ""


def outboxes_within_caps(memory: Memory) -> str:
    """What waits for a peer is bounded, before it is sealed and behind its socket."""
    limits, site = SETTINGS.relay, memory.world.site
    for conn in site.core._conns.values():
        by_sender = (conn.outbox._by_sender or {}).values()
        if conn.outbox.chat > limits.queue_all or max(by_sender, default=0) > limits.queue_sender:
            return f"{conn.outbox.chat} bytes of chat wait for {conn.address}"
        if conn.outbox.other > limits.other_close:
            return f"{conn.outbox.other} bytes of other kinds wait for {conn.address}"
        stream = site.shell._streams.get(conn.id)
        if stream is not None and stream.outbox > 2 * limits.in_flight:
            return f"{stream.outbox} bytes are stuck behind the socket of {conn.address}"
    return ""


def nobody_else_pays(memory: Memory) -> str:
    """Whatever an insider does, the server ends no honest connection or upload for it."""
    for notice in memory.notices:
        if isinstance(notice, n.Disconnected | n.RefusedPeer | n.UploadFailed):
            honest = notice.name in PEOPLE and notice.name != memory.world.insider
            late = notice.reason == OF_ANOTHER_TIME and memory.world.faults["clock jump"]
            if honest and not late and notice.reason not in INNOCENT:
                return f"{notice.name} is told off: {notice.reason}"
    return ""


def no_internal_error(memory: Memory) -> str:
    """Nobody meets a bug that the server survives."""
    for notice in memory.notices:
        if "internal error" in notice.line.plain:
            return notice.line.plain
    return ""


def nobody_waits_for_ever(memory: Memory) -> str:
    """For the end: every line has been delivered or named, every file is there, all are idle."""
    world = memory.world
    for chatter in world.chatters:
        if chatter.machine.dead and not chatter.gone:
            continue  # it was killed, and its lines with it
        for said in chatter.said:
            if not any(isinstance(view, ENDS) for view in chatter.told[said.text]):
                return f"{chatter.label}: no word of {said.text[:24]}"
    return world.waiting()


INNOCENT = frozenset(
    {
        "quit",
        "server stopped",
        "connection cut",
        "connection reset by the other side",
        "it does not answer",
        "it takes no bytes",
        "it takes too few bytes",
        "timed out",
        "connection ended; kept for a later try",
        "given up by the sender",
        "its worker was killed, twice",
    }
)
"""What a connection or an upload may end by whose owner has done nothing wrong."""
OF_ANOTHER_TIME = "bad manifest: created too long ago, or in the future"
ENDS = (v.Delivered, v.Undelivered, v.Rejected)
ALWAYS: tuple[Callable[[Memory], str], ...] = (
    shown_was_sent,
    shown_once,
    order_kept,
    delivered_is_true,
    count_is_exact,
    acknowledged_is_on_disk,
    outboxes_within_caps,
    no_internal_error,
    nobody_else_pays,
)
OF_THE_DISK: tuple[Callable[[Memory], str], ...] = (final_is_whole_or_absent, receipted_is_whole)
"""After each step that has worked on the server's disk."""
OF_HOMES: tuple[Callable[[Memory], str], ...] = (pins_are_kept, receipts_are_kept)
"""After each step that has worked on another one."""
AT_THE_END: tuple[Callable[[Memory], str], ...] = (nobody_waits_for_ever, count_is_shown)


def _final(world: World, uploader: Uploader) -> bytes | None:
    return _read(world.site.disk.root / uploader.name / uploader.target)


def _part(world: World, uploader: Uploader) -> bytes | None:
    tid = uploader.tid
    if tid is None:
        return None
    fp = identity(uploader.name).public.fingerprint
    return _read(world.site.disk.root / PARTS / fp.hex() / (tid.hex() + PART))


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def broken_now(memory: Memory) -> tuple[str, str]:
    """The first invariant that does not hold after this step, and how; two times "" if all do."""
    memory.look()
    checks = ALWAYS
    uses = sum(home.drive.disk.uses for home in memory.world.homes.values())
    if memory.disk_seen != memory.world.site.disk.uses:
        memory.disk_seen = memory.world.site.disk.uses
        checks += OF_THE_DISK
    if memory.homes_seen != uses:
        memory.homes_seen = uses
        checks += OF_HOMES
    return broken(memory, checks)


def broken(memory: Memory, checks: tuple[Callable[[Memory], str], ...]) -> tuple[str, str]:
    for check in checks:
        complaint = check(memory)
        if complaint:
            return check.__name__, complaint
    return "", ""
