"""A core of one question on a real loop: its end is returned, its error raised."""

import os
import signal
import socket
import threading
import time

import pytest

from rsachat.client.probe import ProbeCore
from rsachat.commands.one_question import ask_server
from rsachat.commands.speak import wall_ms
from rsachat.errors import ConnectError, Interrupted
from rsachat.protocol.ambient import Ambient
from rsachat.runtime.client_shell import Target
from rsachat.settings import ClientSettings
from tests.support import keys


def probe(ambient: Ambient) -> ProbeCore:
    return ProbeCore(keys.private("alice"), "127.0.0.1:1", ambient, ClientSettings())


def test_nobody_there_is_raised() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError):
        ask_server(Target("127.0.0.1", port), probe)


def test_what_hangs_up_is_raised() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        with pytest.raises(ConnectError):
            ask_server(Target("127.0.0.1", listener.getsockname()[1]), probe)
        thread.join(5)


def test_a_signal_interrupts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def interrupt() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.recv(8)
                os.kill(os.getpid(), signal.SIGINT)
                while sock.recv(65_536):
                    pass

        thread = threading.Thread(target=interrupt, daemon=True)
        thread.start()
        with pytest.raises(Interrupted):
            ask_server(Target("127.0.0.1", listener.getsockname()[1]), probe)
        thread.join(5)


def test_the_wall_clock_is_in_milliseconds() -> None:
    assert abs(wall_ms() - time.time() * 1000) < 10_000
