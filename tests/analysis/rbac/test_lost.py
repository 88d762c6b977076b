"""Lost access: effective rights before and after a change of roles and bindings, by subject."""

from typing import Any

import pytest

from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.rbac.policy import Changed
from k8sharden.analysis.rbac.rights import Right
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind

CI = {"kind": "ServiceAccount", "name": "pipeline", "namespace": "ci"}
ADA = {"kind": "User", "name": "ada"}
EVERYONE = {"kind": "Group", "name": "system:authenticated"}


def rule(verbs: str, resources: str, **more: Any) -> dict[str, Any]:
    """Return a rule of the core group; words are separated by blanks."""
    return {"verbs": verbs.split(), "apiGroups": [""], "resources": resources.split()} | more


def role(name: str, *rules: dict[str, Any], namespace: str = "", **more: Any) -> dict[str, Any]:
    """Return a Role, or a ClusterRole where no namespace is given."""
    meta = {"name": name, "namespace": namespace or None}
    kind = "Role" if namespace else "ClusterRole"
    return {"kind": kind, "metadata": meta, "rules": list(rules)} | more


def binding(name: str, role_name: str, *subjects: dict[str, Any], **more: str) -> dict[str, Any]:
    """Return a binding, of a ClusterRole unless ``role_kind`` says otherwise."""
    space = more.get("namespace", "")
    return {
        "kind": "RoleBinding" if space else "ClusterRoleBinding",
        "metadata": {"name": name, "namespace": space or None},
        "roleRef": {"kind": more.get("role_kind", "ClusterRole"), "name": role_name},
        "subjects": list(subjects),
    }


def inventory(*objects: dict[str, Any], unread: str = "") -> Inventory:
    """Return an inventory of these roles and bindings."""
    held: dict[str, tuple[o.Object, ...]] = {}
    for value in objects:
        kind = next(each for each in kinds.ALL if each.kind == value["kind"])
        held[kind.key] = (*held.get(kind.key, ()), convert(value, o.STRUCTS[kind]))
    ledger = {kind.key: Entry(kind.key, Coverage.READ) for kind in kinds.ALL}
    ledger |= {unread: Entry(unread, Coverage.FORBIDDEN)} if unread else {}
    return Inventory(Source(SourceKind.CLUSTER, "test"), held, ledger)


def gone(kind: kinds.ResourceType, name: str, namespace: str = "") -> Changed:
    """Return the change that takes an object away."""
    return {kind.ref(namespace, name): None}


def said(changed: Changed, *objects: dict[str, Any]) -> list[tuple[int | None, str]]:
    """Return the counts and sentences of a change."""
    return [(each.count, each.said) for each in lost_access(changed, inventory(*objects))]


READER = role("reader", rule("get list", "secrets pods"))
ADMIN = role(
    "admin",
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
)
BOUND = gone(kinds.CLUSTER_ROLE_BINDINGS, "b")


def test_a_binding_that_goes_takes_its_rights() -> None:
    """Each subject loses what no other binding gives it, counted by verb and resource."""
    told = "get pods everywhere, get secrets everywhere, list pods everywhere and 1 more"
    assert said(BOUND, READER, binding("b", "reader", CI, ADA)) == [
        (4, f"ServiceAccount ci/pipeline loses 4 rights: {told}; none is left."),
        (4, f"User ada loses 4 rights: {told}; none is left."),
    ]


@pytest.mark.parametrize(
    "other",
    [
        binding("other", "reader", CI),
        binding("other", "admin", CI),
        binding("other", "reader", {"kind": "Group", "name": "system:serviceaccounts:ci"}),
        binding("other", "reader", {"kind": "User", "name": "system:serviceaccount:ci:pipeline"}),
        binding("other", "admin", EVERYONE),
    ],
)
def test_what_another_binding_still_gives_is_not_lost(other: dict[str, Any]) -> None:
    """The same role, a stronger one, a group of the account, or its name as a user."""
    assert not said(BOUND, READER, ADMIN, binding("b", "reader", CI), other)


@pytest.mark.parametrize(
    "other",
    [
        binding("other", "reader", {"kind": "Group", "name": "system:serviceaccounts:shop"}),
        binding("other", "missing", CI),
        binding("other", "other", CI),
    ],
)
def test_what_only_looks_alike_does_not_help(other: dict[str, Any]) -> None:
    """Another group, a role that is not there, and a weaker role keep nothing of it."""
    weak = role("other", rule("watch", "pods"))
    ((count, _),) = said(BOUND, READER, weak, binding("b", "reader", CI), other)
    assert count == 4


def test_one_namespace_of_all_is_less() -> None:
    """Moving from a cluster-wide binding to a Role keeps the rights there, and says how many."""
    changed = {
        **BOUND,
        kinds.ROLES.ref("shop", "r"): role("r", rule("get", "pods"), namespace="shop"),
        kinds.ROLE_BINDINGS.ref("shop", "r"): binding(
            "r", "r", CI, namespace="shop", role_kind="Role"
        ),
    }
    ((count, text),) = said(changed, ADMIN, binding("b", "admin", CI))
    assert (count, "1 is left" in text) == (2, True)
    assert "every verb on every resource everywhere" in text
    assert "every verb on every URL" in text


def test_a_role_that_shrinks_takes_from_all_who_hold_it() -> None:
    """A changed role counts for each of its bindings, in the namespace of each."""
    smaller = {kinds.CLUSTER_ROLES.ref("", "reader"): role("reader", rule("get list", "pods"))}
    found = said(smaller, READER, binding("b", "reader", CI, namespace="shop"))
    told = "get secrets in shop, list secrets in shop"
    assert found == [(2, f"ServiceAccount ci/pipeline loses 2 rights: {told}; 2 are left.")]


def test_an_aggregated_role_shrinks_with_its_parts() -> None:
    """A ClusterRole that is filled by labels loses what the role behind them loses."""
    selector = {"clusterRoleSelectors": [{"matchLabels": {"to": "ops"}}]}
    whole = role("ops", aggregationRule=selector)
    part = role("part", rule("get", "secrets"))
    part["metadata"]["labels"] = {"to": "ops"}
    removed = gone(kinds.CLUSTER_ROLES, "part")
    ((count, _),) = said(removed, whole, part, binding("b", "ops", CI))
    assert count == 1


def test_what_was_not_read_cannot_be_told() -> None:
    """A binding that nobody may list could still grant it all: no count is made up."""
    gap = kinds.ROLE_BINDINGS.key
    unread = inventory(READER, binding("b", "reader", CI), unread=gap)
    (impact,) = lost_access(BOUND, unread)
    assert impact.count is None
    assert f"{gap} could not all be read" in impact.said


def test_an_odd_object_cannot_be_told() -> None:
    """What does not decode is not guessed at."""
    changed = {kinds.CLUSTER_ROLES.ref("", "reader"): role("reader") | {"rules": 7}}
    ((count, _),) = said(changed, READER, binding("b", "reader", CI))
    assert count is None


def test_a_prepared_role_is_not_counted_out() -> None:
    """A role of a thousand words in each place says that it gives too many rights, at once."""
    words = " ".join(map(str, range(1000)))
    huge = role("huge", rule(words, words, resourceNames=words.split()))
    ((count, text),) = said(BOUND, huge, binding("b", "huge", CI))
    assert count is None
    assert text.startswith("Cannot tell what ServiceAccount ci/pipeline loses: ")


def test_what_stays_in_each_namespace_is_counted() -> None:
    """A role that many namespaces bind counts in each of them, a lost one for what it gave."""
    kept = [binding("k", "reader", CI, namespace=space) for space in ("a", "b", "c")]
    more = role("more", rule("get", "services"))
    ((count, text),) = said(BOUND, READER, more, binding("b", "more", CI), *kept)
    assert (count, text.endswith("12 are left.")) == (1, True)


def test_other_changes_cost_no_rights() -> None:
    """Only roles and bindings are looked at."""
    assert not said({kinds.DEPLOYMENTS.ref("shop", "web"): {}}, READER)


@pytest.mark.parametrize(
    ("mine", "other", "covered"),
    [
        (Right("", "*", "*", "*"), Right("shop", "get", "apps", "deployments"), True),
        (Right("", "get", "", "*/scale"), Right("", "get", "", "pods/scale"), True),
        (Right("", "get", "", "pods"), Right("", "get", "", "pods/log"), False),
        (Right("shop", "get", "", "pods"), Right("", "get", "", "pods"), False),
        (Right("", "get", "", "pods", "web"), Right("", "get", "", "pods"), False),
        (Right("", "get", "", "pods"), Right("", "get", "", "pods", "web"), True),
        (Right("", "get", path="/metrics*"), Right("", "get", path="/metrics/a"), True),
        (Right("", "get", path="/metrics"), Right("", "get", path="/metrics/a"), False),
        (Right("", "*", "*", "*"), Right("", "get", path="/metrics"), False),
    ],
)
def test_one_right_covers_another(mine: Right, other: Right, *, covered: bool) -> None:
    """Stars, subresources, names, namespaces and URLs as the authorizer reads them."""
    assert mine.covers(other) is covered
