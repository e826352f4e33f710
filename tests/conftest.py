"""For every test: no setting of the developer's shell leaks in, no deadline on a busy machine."""

import os
import signal

from hypothesis import settings

KEPT = "RSACHAT_ENGINE"  # the one that chooses what is tested, not what should come out

for name in [name for name in os.environ if name.startswith("RSACHAT_") and name != KEPT]:
    del os.environ[name]

# A shell ignores the first two for what it runs in the background, nohup the third.
for signum in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(signum) is signal.SIG_IGN:
        usual = signal.default_int_handler if signum == signal.SIGINT else signal.SIG_DFL
        signal.signal(signum, usual)

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
