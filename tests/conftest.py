"""What all tests share: real API servers, and the closing line that says whether they ran."""

from __future__ import annotations

import os

from hypothesis import settings

pytest_plugins = ["tests.servers.fixtures"]

# A shared machine makes single examples slow, which is no defect; CI repeats exactly.
settings.register_profile("steady", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("steady")
