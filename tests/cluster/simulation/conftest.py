"""The company, anew for each test."""

import pytest

from tests.cluster.simulation.company import Company


@pytest.fixture
def company() -> Company:
    """Return Kestrel Books as it was at first."""
    return Company()
