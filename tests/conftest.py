"""For every test: no setting of the developer's shell leaks in, no deadline on a busy machine."""

import os

from hypothesis import settings

for name in [name for name in os.environ if name.startswith("RSACHAT_")]:
    del os.environ[name]

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")
