"""An uploader's connection against a real link and the real receiving core, without a socket."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rsachat.client import upload_io as up
from rsachat.client.events import Finished, LeaveRequested
from rsachat.client.upload_session import CHECK_CLOCK, UploadLogin, UploadSession, Wish
from rsachat.errors import ConnectError, RefusedError, RsachatError
from rsachat.protocol import codec
from rsachat.protocol import io_events as io
from rsachat.protocol import link_events as le
from rsachat.protocol import messages as m
from rsachat.protocol.codes import AlertCode, Role
from rsachat.protocol.link import ServerLink
from rsachat.settings import ClientSettings
from tests.support import keys
from tests.support.uploads import NOW_MS, Clock, Receiver, hashed

DATA = bytes(range(256)) * 3 + b"end"


class Names:
    """A NameStore of one name."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def own_name(self, server_fp: bytes, own_fp: bytes, told: str) -> str:
        self.name = self.name or told
        return self.name


@dataclass
class Talk:
    """A session and a server, passing bytes until both are silent."""

    folder: Path
    files: dict[str, bytes | None]
    clock: Clock = field(default_factory=Clock)
    names: Names = field(default_factory=Names)
    server_ms: int = NOW_MS
    max_rsa: int = 1 << 26
    key: str = "server"
    saved: dict[int, up.Saved] = field(default_factory=dict)
    events: list[object] = field(default_factory=list)
    asked: list[m.Message] = field(default_factory=list)
    finished: list[RsachatError | None] = field(default_factory=list)
    refuse: AlertCode | None = None
    stop_at: type | None = None

    def __post_init__(self) -> None:
        ambient = self.clock.ambient()
        self.link = ServerLink(keys.public(self.key), ambient)
        self.receiver = Receiver(self.folder / "up")
        pin = keys.public("server").fingerprint
        login = UploadLogin(keys.private("alice"), "alice", "example.org:8000", pin)
        wishes = [Wish(i, name, False) for i, name in enumerate(self.files)]
        numbers = iter(range(1, 10**6))
        self.session = UploadSession(
            login, self.names, wishes, ambient, ClientSettings(), lambda: next(numbers)
        )
        self.number = 0
        self.to_client: deque[bytes] = deque()
        self.to_server: deque[bytes] = deque()
        self.sent_by_link = 0

    @property
    def name(self) -> str:
        return list(self.files)[self.number]

    def run(self) -> None:
        self.do(self.session.flush())
        while self.to_server or self.to_client:
            while self.to_server:
                self.serve(self.link.receive_data(self.to_server.popleft()))
            while self.to_client:
                self.tell(io.BytesReceived(0, self.to_client.popleft()))
            self.do(self.session.flush())

    def tell(self, event: object) -> None:
        self.do(self.session.handle(event))

    def do(self, actions: Iterable[object]) -> None:
        queue = deque(actions)
        while queue:
            action = queue.popleft()
            queue.extend(self.one(action))

    def one(self, action: Any) -> list[object]:
        handle = self.session.handle
        match action:
            case io.SendBytes():
                self.to_server.append(action.data)
            case io.CloseConnection():
                pass
            case Finished():
                self.finished.append(action.error)
            case io.SubmitJob():
                job: Any = action.job
                return handle(io.JobFinished(action.job_id, job.run(None)))
            case up.OpenSource():
                self.number = action.number
                if self.files[self.name] is None:
                    return handle(up.SourceFailed(RsachatError(f"cannot read {self.name}")))
                return handle(up.SourceOpened(action.number, self.saved.get(action.number)))
            case up.HashSource():
                return handle(hashed(self.data))
            case up.ReadSource():
                data = self.data[action.offset : action.offset + action.length]
                return handle(up.SourceRead(action.number, data))
            case up.SaveManifest():
                self.saved[self.number] = action.saved
            case up.DropManifest():
                self.saved.pop(self.number, None)
            case _:
                self.events.append(action)
        return []

    @property
    def data(self) -> bytes:
        data = self.files[self.name]
        assert data is not None
        return data

    def serve(self, events: Iterable[le.LinkEvent]) -> None:
        for event in events:
            match event:
                case le.SignatureNeeded():
                    signature = keys.private(self.key).sign(event.label, event.message)
                    self.serve(self.link.signature_ready(signature))
                case le.ClientProven() if self.refuse is not None:
                    self.link.refuse(self.refuse)
                case le.ClientProven():
                    assert event.role is Role.UPLOAD
                    self.link.accept(self.welcome())
                case m.Message():
                    self.asked.append(event)
                    if type(event) is not self.stop_at:
                        self.answer(event)
                case le.PeerClosed():
                    self.link.close()
        data = self.link.data_to_send()
        if data:
            self.to_client.append(data)

    def answer(self, message: m.Message) -> None:
        before = len(self.receiver.sent)
        self.receiver.say(message)
        told = [codec.encode(sent) for _, sent in self.receiver.sent[before:]]
        if told:
            self.link.send(told)

    def welcome(self) -> m.Welcome:
        fp = keys.public(self.key).fingerprint
        address = "127.0.0.1:5000"
        return m.Welcome(
            fp, b"s" * 8, "alice", address, 0, self.server_ms, self.max_rsa, 1 << 32, ""
        )

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def test_delivers_several_files_over_one_connection_and_leaves(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA, "b.txt": b"", "c.txt": b"x"})
    talk.run()
    assert [done.size for done in talk.of(up.Delivered)] == [771, 0, 1]
    assert [talk.receiver.stored(name) for name in talk.files] == [DATA, b"", b"x"]
    assert talk.finished == [None]
    assert talk.saved == {}
    assert talk.session.logged_in


def test_one_file_that_fails_does_not_stop_the_rest(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"absent": None, "over": bytes(2000), "c.txt": b"x"}, max_rsa=1000)
    talk.run()
    kinds = [type(e) for e in talk.events if isinstance(e, up.Delivered | up.NotDelivered)]
    assert kinds == [up.NotDelivered, up.NotDelivered, up.Delivered]
    assert talk.finished == [None]


def test_nothing_to_deliver_is_a_goodbye(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {})
    talk.run()
    assert talk.finished == [None]


def test_a_lost_connection_is_said_and_the_manifest_stays(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpFin)
    talk.run()
    assert talk.finished == []
    talk.tell(io.ConnectionLost(0, "connection reset"))
    (error,) = talk.finished
    assert isinstance(error, ConnectError)
    assert "connection reset" in error.why
    assert 0 in talk.saved

    again = Talk(tmp_path, {"a.txt": DATA}, saved=talk.saved)
    again.run()
    assert again.of(up.Progress)[0].done == 768
    assert again.receiver.stored() == DATA


@pytest.mark.parametrize("end", ["alert", "close"])
def test_a_server_that_stops_before_the_end_is_a_lost_connection(tmp_path: Path, end: str) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpOffer)
    talk.run()
    if end == "alert":
        talk.link.alert(AlertCode.SHUTDOWN)
    else:
        talk.link.close()
    talk.tell(io.BytesReceived(0, talk.link.data_to_send()))
    (error,) = talk.finished
    assert isinstance(error, ConnectError)


def test_leaving_says_goodbye_only(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpData)
    talk.run()
    talk.tell(LeaveRequested())
    talk.tell(LeaveRequested())
    talk.run()
    assert talk.finished == [None]
    assert not any(isinstance(message, m.UpAbort) for message in talk.asked)
    assert 0 in talk.saved


def test_an_alert_to_the_goodbye_undoes_no_receipt(tmp_path: Path) -> None:
    """All is delivered: whatever the server says then is no reason to connect again."""
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpOffer)
    talk.run()
    talk.tell(LeaveRequested())
    talk.to_server.clear()
    talk.link.alert(AlertCode.RATE)
    talk.to_client.append(talk.link.data_to_send())
    talk.run()
    assert talk.finished == [None]


def test_leaving_before_the_login_is_at_once(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA})
    talk.tell(LeaveRequested())
    assert talk.finished == [None]
    assert talk.session.next_deadline() is None


def test_a_server_that_does_not_answer_a_goodbye_is_left_after_a_second(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpOffer)
    talk.run()
    talk.tell(LeaveRequested())
    talk.to_server.clear()
    assert talk.session.next_deadline() == talk.clock.seconds + 1
    talk.clock.seconds += 1
    talk.tell(io.Tick())
    assert talk.finished == [None]


def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpOffer)
    talk.run()
    for _ in range(4):
        talk.clock.seconds += 30
        talk.tell(io.Tick())
    (error,) = talk.finished
    assert isinstance(error, ConnectError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(AlertCode.NOT_AUTHORIZED, RefusedError), (AlertCode.BUSY, ConnectError)],
)
def test_a_refused_login(tmp_path: Path, code: AlertCode, kind: type[RsachatError]) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, refuse=code)
    talk.run()
    assert isinstance(talk.finished[0], kind)
    assert not talk.session.logged_in


def test_another_servers_key_is_refused(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, key="bob")
    talk.run()
    (error,) = talk.finished
    assert isinstance(error, RefusedError)
    assert talk.asked == []


def test_another_own_name_is_refused(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, names=Names("somebody"))
    talk.run()
    assert isinstance(talk.finished[0], RefusedError)
    assert talk.asked == []


def test_a_message_that_may_not_come_ends_the_connection(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, stop_at=m.UpOffer)
    talk.run()
    tid = talk.saved[0].manifest[1:17]
    talk.link.send([codec.encode(m.UpReceipt(tid, b"x"))])
    talk.tell(io.BytesReceived(0, talk.link.data_to_send()))
    (error,) = talk.finished
    assert isinstance(error, ConnectError)
    assert "broke the protocol" in error.why


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_differs_is_said_and_does_no_harm(tmp_path: Path, minutes: int) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, server_ms=NOW_MS + minutes * 60_000)
    talk.receiver.clock.ms = talk.server_ms
    talk.run()
    assert [remark.text for remark in talk.of(up.Remark)] == [CHECK_CLOCK]
    assert talk.receiver.stored() == DATA


def test_a_manifest_that_does_not_parse_is_as_none(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA}, saved={0: up.Saved(b"\1garbage")})
    talk.run()
    assert talk.receiver.stored() == DATA


def test_a_worker_that_fails_fails_the_file(tmp_path: Path) -> None:
    talk = Talk(tmp_path, {"a.txt": DATA, "b.txt": b"x"})
    honest: Callable[[Any], list[object]] = talk.one
    failed: list[int] = []

    def one(action: Any) -> list[object]:
        if isinstance(action, io.SubmitJob) and not failed:
            failed.append(action.job_id)
            return talk.session.handle(io.JobFailed(action.job_id, "killed"))
        return honest(action)

    talk.one = one  # type: ignore[method-assign]
    talk.run()
    assert [type(e) for e in talk.events[-1:]] == [up.Delivered]
    assert len(talk.of(up.NotDelivered)) == 1
