"""Every verdict equals that of the fixtures which the API server's own tests use."""

import pytest

from k8sharden.analysis.pod_security import LATEST, Level, describe
from tests.analysis.pod_security.generated.compare import ours
from tests.analysis.pod_security.upstream import fixtures, read


@pytest.mark.parametrize("minor", range(LATEST + 1))
@pytest.mark.parametrize("level", [Level.BASELINE, Level.RESTRICTED])
def test_every_verdict_is_the_servers(level: Level, minor: int) -> None:
    """The pods in ``pass`` are admitted, and those in ``fail`` are refused."""
    admitted = [(file, True) for file in fixtures(level, minor, "pass")]
    refused = [(file, False) for file in fixtures(level, minor, "fail")]
    wrong = [
        f"{file}: {describe(found) or 'admitted'}"
        for file, right in (*admitted, *refused)
        if bool(found := ours(read(file), level, minor)) is right
    ]
    assert not wrong, "\n".join(wrong)
