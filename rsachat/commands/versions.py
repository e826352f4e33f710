"""`rsachat --version -v`: what this program runs on, for a report or to see which engine it has."""

from __future__ import annotations

import platform

from rsachat import __version__
from rsachat.crypto.engine import chosen


def lines() -> list[str]:
    """Raises UsageError where $RSACHAT_ENGINE names an engine that is not here."""
    engine = chosen()
    return [
        f"rsachat {__version__}",
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        f"RSA engine: {engine.NAME} ({engine.versions()})",
    ]
