"""The kernel's signal at a parent's death."""

import ctypes
import signal
import sys

import pytest

from rsachat.runtime.parent_death import signal_at_parents_death

_PR_GET_PDEATHSIG = 2  # linux/prctl.h


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_the_kernel_remembers_it() -> None:
    held = ctypes.c_int()
    try:
        signal_at_parents_death(signal.SIGUSR1)
        ctypes.CDLL(None).prctl(_PR_GET_PDEATHSIG, ctypes.byref(held))
    finally:
        ctypes.CDLL(None).prctl(1, 0)
    assert held.value == signal.SIGUSR1
