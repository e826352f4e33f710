"""`doctor` on a server's clock and on ports where none is; a real one is in test_doctor."""

import socket
import threading

import pytest

from rsachat.commands.check_far_end import check_clock, check_key, key_at, proves
from rsachat.errors import ConnectError
from rsachat.runtime.client_shell import Target
from tests.support import keys
from tests.support.checked import new_report, only

ALICE = keys.public("alice")


@pytest.mark.parametrize(
    ("ahead", "state", "said"),
    [
        (0, "ok", "same"),
        (-9_000, "ok", "same"),
        (-60_000, "warn", "1m00s behind"),
        (299_000, "warn", "4m59s ahead"),
        (3_600_000, "fail", "1h00m ahead of"),
    ],
)
def test_clocks(ahead: int, state: str, said: str) -> None:
    report = new_report()
    check_clock(report, "127.0.0.1:8000", ahead)
    assert only(report).state.value == state
    assert said in only(report).found


def test_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        target = Target("127.0.0.1", listener.getsockname()[1])
    report = new_report()
    check_key(report, ALICE, target, None)
    assert "refused" in only(report).found
    assert not proves(ALICE, target)


def test_what_is_no_rsachat_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def talk() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
                while sock.recv(4096):
                    pass

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        with pytest.raises(ConnectError, match="cannot log in"):
            key_at(ALICE, Target("127.0.0.1", listener.getsockname()[1]))
        thread.join(5)
