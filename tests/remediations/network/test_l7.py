"""Paths for HTTP rules: only those that are known, for the callers that routes have."""

from pathlib import Path

import msgspec
import yaml

from k8sharden.analysis.network.edges import Edge, End, EndKind, Evidence, EvidenceKind
from k8sharden.analysis.network.http import known_paths
from k8sharden.model.change import Change, NoChange
from remediations.network.l7 import ITEM
from tests.remediations import harness

FAIL = Path(harness.__file__).parent / "network/fixtures/net-l7/fail/no-rules.yaml"


def paths(*given: tuple[EvidenceKind, str]) -> tuple[str, ...]:
    """Return what is known of the paths of one edge with this evidence."""
    shown = tuple(Evidence(kind, "seen", paths=(path,)) for kind, path in given)
    return known_paths([Edge(End(EndKind.OUTSIDE), End(EndKind.NODES), 80, evidence=shown)])


def test_what_flows_show_is_surer_than_where_routes_lead() -> None:
    """Each path that was asked for is one, without its query, and nothing below it."""
    seen = [(EvidenceKind.FLOW, "/books?id=7"), (EvidenceKind.FLOW, "/a.b")]
    assert paths((EvidenceKind.ROUTE, "/"), *seen) == (r"/a\.b", "/books")


def test_a_route_leads_everything_below_its_path() -> None:
    """A prefix stands for itself and for what is below it, as the route means it."""
    led = [(EvidenceKind.ROUTE, "/cart/"), (EvidenceKind.ROUTE, "/books")]
    assert paths(*led) == ("/books(/.*)?", "/cart(/.*)?")


def test_a_route_that_leads_everything_names_no_path() -> None:
    """Nothing is guessed, nor from patterns or from what is no route."""
    assert paths((EvidenceKind.ROUTE, "/"), (EvidenceKind.ROUTE, "/books")) == ()
    assert paths((EvidenceKind.ROUTE, ".*"), (EvidenceKind.WEBHOOK, "/validate")) == ()


def test_too_many_observed_paths_are_no_list() -> None:
    """Paths with numbers of customers in them would never be complete."""
    assert paths(*((EvidenceKind.FLOW, f"/customers/{number}") for number in range(41))) == ()


def test_the_policy_names_these_pods_these_callers_and_these_paths_only() -> None:
    """The file is a CiliumNetworkPolicy for one port, beside a runbook that says how to use it."""
    seen = harness.inventory(harness.read(FAIL))
    found = next(each for each in ITEM.evaluate(seen) if not each.system)
    change = ITEM.remediate(found, seen)
    assert isinstance(change, Change)
    files = {file.path: file.text for file in change.files}
    policy = yaml.safe_load(files["http-policy.yaml"])
    assert policy["kind"] == "CiliumNetworkPolicy"
    assert policy["spec"]["endpointSelector"] == {"matchLabels": {"app": "web"}}
    (rule,) = policy["spec"]["ingress"]
    assert rule["toPorts"] == [
        {
            "ports": [{"port": "8080", "protocol": "TCP"}],
            "rules": {"http": [{"path": "/books(/.*)?"}]},
        }
    ]
    assert "http-policy.yaml" in files["RUNBOOK.md"]
    assert all(warning.startswith("Needs testing") for warning in change.warnings)


def test_a_route_that_went_meanwhile_leaves_nothing_to_do() -> None:
    """A finding may be older than the inventory it is answered from."""
    seen = harness.inventory(harness.read(FAIL))
    found = next(iter(ITEM.evaluate(seen)))
    gone = msgspec.structs.replace(harness.inventory([]), cache={})
    assert isinstance(ITEM.remediate(found, gone), NoChange)
