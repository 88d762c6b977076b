"""What all tests share: real API servers, and the closing line that says whether they ran."""

from __future__ import annotations

pytest_plugins = ["tests.servers.fixtures"]
