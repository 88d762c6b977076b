"""Who may do something: the subjects of all bindings whose roles allow it, and where.

The group system:masters, other authorizers and a cloud's IAM are asked beside RBAC: nothing of them
stands in a binding. Source: kubernetes.io, Using RBAC Authorization (referring to resources).
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.rbac.authorize import Request, allows
from k8sharden.analysis.rbac.bindings import is_own, subjects_of
from k8sharden.analysis.rbac.patterns import nameless
from k8sharden.analysis.rbac.policy import Grant, policy_of, role_of
from k8sharden.analysis.rbac.subjects import ACCOUNTS, key, service_account
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_broad_group
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import uncollected
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import workloads

_CLUSTER_SCOPED = frozenset((
    "nodes", "persistentvolumes", "componentstatuses", "users", "groups", "uids", "userextras",
    "clusterroles", "clusterrolebindings", "certificatesigningrequests", "signers",
    "customresourcedefinitions", "apiservices", "storageclasses", "csidrivers", "csinodes",
    "volumeattachments", "priorityclasses", "ingressclasses", "runtimeclasses",
    "validatingwebhookconfigurations", "mutatingwebhookconfigurations",
    "validatingadmissionpolicies", "validatingadmissionpolicybindings",
    "mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "tokenreviews",
    "subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews",
))  # fmt: skip
"""Resources without a namespace: a RoleBinding gives nothing on them, other than to bind a role."""

_SHOWN = 5

_NAMELESS = ("create", "deletecollection")
"""Verbs of requests that name no object, so that a rule on single ones never allows them."""


class By(NamedTuple):
    """One binding by which somebody may; ``names`` are the only objects, none where it is all."""

    grant: Grant
    names: tuple[str, ...]


class Able(NamedTuple):
    """Somebody who may: a subject as bindings name it, and by which of them.

    ``broad`` is a group that everybody is in, ``system`` one of the cluster's own parts.
    ``workloads`` run as the subject, but where it is broad: there it is all of them, or none.
    """

    label: str
    subject: o.Subject
    broad: bool
    system: bool
    by: tuple[By, ...]
    workloads: tuple[Ref, ...]


def who_can(request: Request, inventory: Inventory) -> tuple[Able, ...]:
    """Return who may make a request: broad groups first, the cluster's own parts last.

    Without a namespace all those who may in any are meant, without a name those who may on any
    object. Roles that are shared by many bindings are asked once.
    """
    with uncollected():
        made = [_able(label, *each, inventory) for label, each in _found(request, inventory)]
        return tuple(sorted(made, key=lambda able: (able.system, not able.broad, able.label)))


def _found(
    request: Request, inventory: Inventory
) -> Iterable[tuple[str, tuple[o.Subject, list[By]]]]:
    """Return the subjects, and by which bindings each of them may."""
    asked, bindings = _placed(request), policy_of(inventory).bindings
    found: dict[str, tuple[o.Subject, list[By]]] = {}
    for by in _granting(asked, inventory):
        home = by.grant.namespace
        for subject in subjects_of(bindings[by.grant.binding]):
            label = key(subject, home)
            mine = found.setdefault(label, (_whole(subject, home), []))[1]
            # A binding may name a subject twice.
            if not mine or mine[-1].grant.binding != by.grant.binding:
                mine.append(by)
    return found.items()


def _placed(request: Request) -> Request:
    """Return the request with the namespace that the API server sees in it.

    A Namespace is inside itself.
    """
    if request.resource.partition("/")[0] == "namespaces" and request.name and not request.group:
        return request._replace(namespace=request.name)
    return request


def _granting(request: Request, inventory: Inventory) -> Iterator[By]:
    """Yield the bindings that allow a request, in a stable order."""
    policy, known = policy_of(inventory), dict[Ref, tuple[str, ...] | None]()
    for ref in sorted(policy.bindings):
        if not _counts(ref.namespace, request):
            continue
        role = role_of(ref, policy.bindings[ref])
        if role not in known:
            known[role] = _allowed_names(policy.rules(role) or (), request)
        names = known[role]
        if names is not None:
            yield By(policy.grant(ref), names)


def _counts(namespace: str, request: Request) -> bool:
    """Whether a binding of a namespace (none: everywhere) is asked about a request."""
    if not namespace:
        return True
    resource = request.resource.partition("/")[0]
    # A custom resource may have the same name in a group of its own.
    known = not request.group or request.group.endswith(".k8s.io")
    if request.path or (known and resource in _CLUSTER_SCOPED and request.verb != "bind"):
        return False
    if (
        resource == "namespaces"
        and not request.name
        and request.verb in ("list", "watch", "create")
    ):
        return False
    return request.namespace in ("", namespace)


def _allowed_names(rules: Iterable[o.PolicyRule], request: Request) -> tuple[str, ...] | None:
    """Return the only names on which rules allow a request: none for all, None for no request."""
    mine = [rule for rule in rules if allows(nameless(rule), request)]
    if any(allows(rule, request) for rule in mine):
        return ()
    partly = not request.name and (request.verb not in _NAMELESS or "/" in request.resource)
    names = dict.fromkeys(name for rule in mine for name in rule.resource_names or ())
    return tuple(sorted(names)) if partly and names else None


def _whole(subject: o.Subject, home: str) -> o.Subject:
    """Return a subject as one writes it outside of its binding."""
    account = service_account(subject, home)
    if account:
        return o.Subject("ServiceAccount", account[1], account[0])
    return o.Subject(subject.kind, subject.name)


def _able(label: str, subject: o.Subject, by: list[By], inventory: Inventory) -> Able:
    broad = subject.kind == "Group" and is_broad_group(subject.name)
    return Able(label, subject, broad, is_own(subject), tuple(by), _under(subject, inventory))


def _under(subject: o.Subject, inventory: Inventory) -> tuple[Ref, ...]:
    """Return the workloads that run as a subject; all accounts of a namespace are a group."""
    account = service_account(subject)
    if account:
        return tuple(work.ref for work in workloads_under(account, inventory))
    space = subject.name.removeprefix(f"{ACCOUNTS}:") if subject.kind == "Group" else ""
    if space and space != subject.name:
        return tuple(work.ref for work in workloads(inventory) if work.namespace == space)
    return ()


def unread(inventory: Inventory, namespace: str = "") -> tuple[str, ...]:
    """Say, in a sentence each, which roles and bindings could not be read, and what would help.

    With a namespace only that one counts, and what holds everywhere.
    """
    return tuple(_unread(inventory, namespace))


def _unread(inventory: Inventory, namespace: str) -> Iterator[str]:
    types = (kinds.CLUSTER_ROLE_BINDINGS, kinds.CLUSTER_ROLES, kinds.ROLE_BINDINGS, kinds.ROLES)
    for kind in types:
        entry = inventory.entry(kind)
        enough = entry.covers(namespace) if kind.namespaced and namespace else entry.complete
        if not enough:
            needed = entry.permission or f"list {kind.key}"
            yield f"{kind.key} could not all be read: it takes the permission to {needed}."
    for odd in inventory.odd:
        if odd.ref.kind in {kind.kind for kind in types} and namespace in ("", odd.ref.namespace):
            yield f"{odd.ref.label} could not be understood: {odd.reason}."
    if inventory.source.kind is SourceKind.MANIFESTS:
        yield from _elsewhere(inventory, namespace)


def _elsewhere(inventory: Inventory, namespace: str) -> Iterator[str]:
    """Say which roles are bound and stand in no file: the cluster may hold them."""
    policy = policy_of(inventory)
    bound = {
        role_of(ref, binding)
        for ref, binding in policy.bindings.items()
        if ref.namespace in ("", namespace) or not namespace
    }
    missing = sorted(role.label for role in bound if policy.rules(role) is None)
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        named = ", ".join(missing[:_SHOWN]) + more
        yield f"these roles stand in no file, and what they give is not known: {named}."
