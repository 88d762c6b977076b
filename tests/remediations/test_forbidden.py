"""Types that nobody may list make a check unknown: it neither passes nor claims a defect.

Each fixture is judged twice: with all that is in it, and by somebody who may not list one type of
it. What the second says must hold in the first.
"""

from collections.abc import Iterator

import pytest

from k8sharden.analysis.assess import assess
from k8sharden.analysis.network.doubts import OTHER_KINDS
from k8sharden.model import kinds
from k8sharden.model.finding import Area, Finding, Status
from k8sharden.model.item import Item
from k8sharden.model.kinds import ResourceType
from remediations import OWN
from tests.remediations import harness
from tests.remediations.harness import Document

NETWORK = [item for item in OWN if item.area is Area.NETWORK]
_EVERYBODY: Document = {"endpointSelector": {}, "ingress": [{}], "egress": [{}]}
_NOBODY: Document = {
    "subject": {"namespaces": {}},
    "ingress": [{"action": "Deny", "from": [{"namespaces": {}}]}],
    "egress": [{"action": "Deny", "to": [{"namespaces": {}}, {"networks": ["0.0.0.0/0"]}]}],
}
_TYPES: Document = {"types": ["Ingress", "Egress"], "selector": "all()"}
_SPECS: dict[str, Document] = {"cilium.io": _EVERYBODY, "policy.networking.k8s.io": _NOBODY}


def _of(docs: list[Document]) -> list[tuple[ResourceType, Document]]:
    """Return the objects of a fixture with their types."""
    found = [document for document in docs if document["apiVersion"] != harness.OURS]
    return [(kinds.family(harness.kind_of(each)), each) for each in found]


def _without(docs: list[Document], kind: ResourceType, why: str = "forbidden") -> list[Document]:
    """Return what somebody sees who may not list a type, or where it is not installed."""
    seen: Document = {"apiVersion": harness.OURS, "kind": "Evidence"}
    for each in docs:
        if each["kind"] == "Evidence":
            seen = dict(each)
    if any(known is kinds.NODES for known, _ in _of(docs)):
        seen["plugin"] = "seen"
    seen["unread"] = {**seen.get("unread", {}), kind.key: why}
    return [seen, *(each for known, each in _of(docs) if known is not kind)]


def _judged(item: Item, docs: list[Document]) -> tuple[dict[str, Finding], bool]:
    """Return what fails, by id, and whether anything is unknown."""
    found = assess([item], harness.inventory(docs)).findings
    failing = {each.id: each for each in found if each.status is Status.FAIL}
    return failing, len(failing) < len(found)


def _wrong(item: Item, docs: list[Document], kind: ResourceType) -> Iterator[str]:
    """Yield what a check says wrongly to somebody who may not list a type."""
    before, open_before = _judged(item, docs)
    after, open_after = _judged(item, _without(docs, kind))
    if kind in kinds.WORKLOADS and before:
        # The same defect is told of another owner of the same pods.
        after = {key: each for key, each in after.items() if key in before}
    new = [each for key, each in after.items() if key not in before]
    yield from (f"{each.resource.label}: {each.message}" for each in new)
    if (open_before or before.keys() - after.keys()) and not (open_after or new):
        yield "It says nothing of what it can no longer tell."


def _ends(docs: list[Document]) -> bool:
    """Whether a namespace of a fixture is on its way out, which only its own object tells."""
    return any("deletionTimestamp" in each["metadata"] for _, each in _of(docs))


def _cases() -> Iterator[tuple[Item, ResourceType]]:
    for item in OWN:
        paths = [path for side in harness.SIDES for path in harness.fixtures(item.id, side)]
        found = {kind.key: kind for path in paths for kind, _ in _of(harness.read(path))}
        yield from ((item, found[key]) for key in sorted(found))


@pytest.mark.parametrize(
    ("item", "kind"), [pytest.param(i, k, id=f"{i.id}-{k.key}") for i, k in _cases()]
)
def test_what_may_not_be_listed_neither_passes_nor_fails(item: Item, kind: ResourceType) -> None:
    """Whichever type of its own fixtures a viewer may not list."""
    for path in (path for side in harness.SIDES for path in harness.fixtures(item.id, side)):
        docs = harness.read(path)
        if kind is not kinds.NAMESPACES or not _ends(docs):
            assert list(_wrong(item, docs, kind)) == [], path


def _denying(docs: list[Document], kind: ResourceType) -> list[Document]:
    """Return a fixture with policies of a type that deny everything in all of its namespaces."""
    spaces = {each["metadata"].get("namespace", "") for _, each in _of(docs)} - {""}
    made = [
        {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "metadata": {"name": "hidden"} | ({"namespace": space} if space else {}),
            "spec": _SPECS.get(kind.group, _TYPES),
        }
        for space in (sorted(spaces) if kind.namespaced else [""])
    ]
    return [*docs, *made]


@pytest.mark.parametrize("kind", OTHER_KINDS, ids=lambda kind: kind.key)
@pytest.mark.parametrize("item", NETWORK, ids=lambda item: item.id)
def test_a_hidden_policy_may_deny_what_a_check_calls_open(item: Item, kind: ResourceType) -> None:
    """Nothing fails that a policy of a type which may not be listed would put right."""
    for path in harness.fixtures(item.id, "fail"):
        assert list(_wrong(item, _denying(harness.read(path), kind), kind)) == [], path


@pytest.mark.parametrize("item", NETWORK, ids=lambda item: item.id)
def test_a_type_that_is_not_installed_leaves_no_doubt(item: Item) -> None:
    """Where a cluster does not serve the plug-ins' own policies, there are none to deny."""
    for path in (path for side in harness.SIDES for path in harness.fixtures(item.id, side)):
        docs = harness.read(path)
        here = {kind for kind, _ in _of(docs)}
        for kind in (each for each in OTHER_KINDS if each not in here):
            told, more = _judged(item, docs), _judged(item, _without(docs, kind, "absent"))
            assert more[0].keys() >= told[0].keys(), path
            assert more[1] <= told[1], path
