"""What the runs of this folder share: nobody waits for an authorizer that answers at once."""

import pytest

from k8sharden.changes import access


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the number of questions depend on nothing but the seed."""
    monkeypatch.setattr(access, "PATIENCE", 0.0)
