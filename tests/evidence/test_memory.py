"""Reading a log takes as much memory for a long one as for a short one."""

import sys
from pathlib import Path

import pytest

from benchmarks.audit_events import write
from benchmarks.audit_log import reading

MOST = 200
"""Megabytes."""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("size", [20, pytest.param(1000, marks=pytest.mark.slow, id="1 GB")])
def test_a_log_is_read_in_bounded_memory(tmp_path: Path, size: int) -> None:
    """A generated gigabyte within 200 MB, and CI's share of it in half of that."""
    path = tmp_path / "audit.log"
    write(str(path), size * 10**6)
    _, memory = reading(path)
    assert memory < (MOST if size == 1000 else MOST / 2)
