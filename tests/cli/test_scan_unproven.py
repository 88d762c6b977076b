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


@pytest.mark.parametrize("output", ["table", "json"])
@pytest.mark.parametrize(
    ("state", "code"), [(State.NOT_ENFORCED, 1), (State.UNKNOWN, 1), (State.ENFORCED, 0)]
)
def test_fail_on_unknown_counts_policies_that_are_not_proven_to_hold(
    monkeypatch: pytest.MonkeyPatch, state: State, code: int, output: str
) -> None:
    """The gate agrees with what the scan of a namespace says, however it is printed."""
    known = Enforcement(state, "Flannel", "Flannel enforces no NetworkPolicy.")
    monkeypatch.setattr("k8sharden.cli.scan.enforcement", lambda _: known)
    asked = ["--check", "net-allow-all", "--namespace", "catalogue", "-o", output]
    assert run(["scan", "--demo", *asked, "--fail-on-unknown"]) == code
