"""For every test: no setting of the developer's shell leaks in, no deadline on a busy machine."""

import os

from hypothesis import settings

KEPT = "RSACHAT_ENGINE"  # the one that chooses what is tested, not what should come out

for name in [name for name in os.environ if name.startswith("RSACHAT_") and name != KEPT]:
    del os.environ[name]

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
