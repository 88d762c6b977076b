"""What all tests share: real API servers, and the closing lines that say what was left out."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import settings

pytest_plugins = ["tests.servers.fixtures"]

# A shared machine makes single examples slow, which is no defect; CI repeats exactly.
settings.register_profile("steady", deadline=None, derandomize=os.environ.get("CI") == "true")
settings.load_profile("steady")

# The keyring of whoever runs the tests is theirs, and asking for one where there is none is slow.
os.environ["K8SHARDEN_JOURNAL_KEY"] = "file"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the exhaustive runs, of which each has a share that always runs, without `-m`."""
    if config.option.markexpr:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    config.hook.pytest_deselected(items=slow)
    items[:] = [item for item in items if item not in slow]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were skipped, each reason once."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    for reason, count in reasons.items():
        terminalreporter.line(f"skipped {count}: {reason}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that draws golden pictures anew."""
    parser.addoption(
        "--update-snapshots", action="store_true", help="draw the golden pictures anew"
    )
