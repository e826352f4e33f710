"""Jobs that try a pool: they answer, wait, fail, and end their worker."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NoReturn

from rsachat.crypto.rsa import PrivateKey

Key = PrivateKey | None


@dataclass(frozen=True)
class Echo:
    value: object

    def run(self, key: Key) -> object:
        return self.value


@dataclass(frozen=True)
class Sleep:
    seconds: float
    value: object = None

    def run(self, key: Key) -> object:
        time.sleep(self.seconds)
        return self.value


@dataclass(frozen=True)
class Slices:
    """A long job, which pauses after each of `count` slices of `seconds`."""

    is_long: ClassVar[bool] = True
    count: int
    seconds: float

    def run(self, key: Key, pause: Callable[[], object]) -> int:
        for _ in range(self.count):
            time.sleep(self.seconds)
            pause()
        return self.count


@dataclass(frozen=True)
class Fail:
    text: str

    def run(self, key: Key) -> NoReturn:
        raise ValueError(self.text)


@dataclass(frozen=True)
class Lambda:
    """A result that cannot be pickled."""

    def run(self, key: Key) -> object:
        return lambda: None


@dataclass(frozen=True)
class Unreadable:
    """A job that a worker cannot unpickle."""

    def __reduce__(self) -> tuple[object, ...]:
        return int, ("not a number",)


@dataclass(frozen=True)
class Die:
    """End the worker; only once where `marker` names a file to leave behind."""

    marker: str = ""
    value: object = None

    def run(self, key: Key) -> object:
        if not self.marker or not Path(self.marker).exists():
            if self.marker:
                Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.value


@dataclass(frozen=True)
class Stop:
    """Stop the worker, as a debugger does: it lives and does nothing."""

    def run(self, key: Key) -> None:
        os.kill(os.getpid(), signal.SIGSTOP)


@dataclass(frozen=True)
class Exit:
    def run(self, key: Key) -> NoReturn:
        raise SystemExit(3)


@dataclass(frozen=True)
class Pid:
    seconds: float = 0.0

    def run(self, key: Key) -> int:
        time.sleep(self.seconds)
        return os.getpid()


@dataclass(frozen=True)
class Surroundings:
    """What the worker can see: fingerprint of its key, SIGINT's handling, its descriptors."""

    def run(self, key: Key) -> dict[str, object]:
        return {
            "fingerprint": key.public.fingerprint if key else None,
            "ignores": [s for s in signal.Signals if signal.getsignal(s) == signal.SIG_IGN],
            "blocked": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
            "sockets": sum(_target(fd).startswith("socket:") for fd in os.listdir("/proc/self/fd")),
            "environ": dict(os.environ),
        }


def _target(fd: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return ""
