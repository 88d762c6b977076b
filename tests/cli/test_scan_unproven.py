"""What a scan of a part says where no network plug-in is known to hold the policies."""

import pytest

from k8sharden.analysis.network.cni import Enforcement, State
from k8sharden.cli import run

Captured = pytest.CaptureFixture[str]
SAID = "No policy is proven to hold: Flannel enforces no NetworkPolicy."


@pytest.mark.parametrize(
    ("state", "asked", "told"),
    [
        (State.NOT_ENFORCED, ["--area", "network", "--namespace", "catalogue"], True),
        (State.UNKNOWN, ["--namespace", "catalogue"], True),
        (State.UNKNOWN, ["--check", "net-allow-all", "--namespace", "catalogue"], True),
        (State.ENFORCED, ["--area", "network", "--namespace", "catalogue"], False),
        (State.UNKNOWN, ["--area", "rbac", "--namespace", "catalogue"], False),
    ],
)
def test_a_namespace_without_findings_is_not_taken_for_closed(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, state: State, asked: list[str], *, told: bool
) -> None:
    """That nothing enforces policies is found of kube-system, which was not asked for."""
    known = Enforcement(state, "Flannel", "Flannel enforces no NetworkPolicy.")
    monkeypatch.setattr("k8sharden.cli.scan.enforcement", lambda _: known)
    run(["scan", "--demo", *asked])
    assert (SAID in capsys.readouterr().err) is told
