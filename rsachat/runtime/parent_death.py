"""Asks the kernel for a signal at the parent's death (prctl(2), PR_SET_PDEATHSIG); Linux only."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def signal_at_parents_death(number: signal.Signals) -> None:
    """Get this signal when the thread that started this process ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number)
