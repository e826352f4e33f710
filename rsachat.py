"""Entry point of the source tree and of the executable.

Spawned workers import this file again, so it stays free of everything but the call.
"""

import sys

if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        from multiprocessing import freeze_support

        freeze_support()

    from rsachat.cli import main

    sys.exit(main())
