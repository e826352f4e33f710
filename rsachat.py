"""Entry point of the source tree and of the executable."""

import sys

if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        from rsachat.runtime.frozen import work_if_asked

        work_if_asked(sys.argv)

    from rsachat.cli import main

    sys.exit(main())
