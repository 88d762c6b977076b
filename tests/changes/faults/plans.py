"""Small clusters and random plans for them: each kind of write, alone and in groups."""

from collections.abc import Iterable
from random import Random
from typing import Any

from k8sharden.model import kinds
from k8sharden.model.change import (
    AccessReview,
    AddElement,
    Change,
    ChangeKind,
    Create,
    Delete,
    Edit,
    Named,
    Patch,
    Path,
    RemoveField,
    Risk,
    SetField,
    Write,
)
from k8sharden.model.ref import Ref

Object = dict[str, Any]

SPEC: Path = ("spec", "template", "spec")
WEB: Path = (*SPEC, "containers", Named("name", "web"))
SECURITY: Path = (*WEB, "securityContext")

EDITS: tuple[tuple[Edit, ...], ...] = (
    (SetField((*WEB, "image"), "registry.test/web:2"),),
    (SetField((*SECURITY, "runAsUser"), 2000),),
    (RemoveField((*SECURITY, "runAsUser")),),
    (SetField((*SECURITY, "capabilities"), {"drop": ["ALL"]}),),
    (SetField((*SECURITY, "seLinuxOptions", "level"), "s0:c1"),),
    (SetField((*SPEC, "hostNetwork"), value=False),),
    (SetField((*SPEC, "automountServiceAccountToken"), value=False),),
    (SetField(("metadata", "labels", "example.com/team"), "books"),),
    (RemoveField(("metadata", "annotations", "example.com/odd.name")),),
    (RemoveField((*WEB, "env", Named("name", "DEBUG"))),),
    (
        AddElement((*SPEC, "volumes"), "name", {"name": "tmp", "emptyDir": {}}),
        AddElement((*WEB, "volumeMounts"), "name", {"name": "tmp", "mountPath": "/tmp"}),
    ),
    (SetField((*SECURITY, "allowPrivilegeEscalation"), value=True),),
)
"""What a patch is drawn from. Some are defaults that a server drops; the last is there already."""

RBAC = "rbac.authorization.k8s.io"
BOT = {"apiGroup": RBAC, "kind": "User", "name": "bot"}

PATCHED = ("web", "cart", "mail")
DELETED = ("old", "older", "oldest")
CREATED = ("new", "newer", "newest")


def objects(namespace: str) -> list[Object]:
    """Return the objects of a namespace that plans are drawn for, itself first."""
    made: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    ]
    made += [_deployment(namespace, name) for name in PATCHED]
    made += [role(kinds.ROLES.ref(namespace, name)) for name in DELETED]
    return [*made, _binding(_old(namespace), "ClusterRole", "cluster-admin")]


def refs(namespace: str) -> list[Ref]:
    """Return everything that a plan may touch."""
    touched = [kinds.DEPLOYMENTS.ref(namespace, name) for name in PATCHED]
    touched += [kinds.ROLES.ref(namespace, name) for name in (*DELETED, *CREATED)]
    return [*touched, *(write.ref for write in swap(namespace).writes)]


def _deployment(namespace: str, name: str) -> Object:
    container = {
        "name": "web",
        "image": "registry.test/web:1",
        "env": [{"name": "DEBUG", "value": "1"}, {"name": "MODE", "value": "live"}],
        "securityContext": {"runAsUser": 1000, "allowPrivilegeEscalation": True},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "annotations": {"example.com/odd.name": "x", "example.com/owner": "books"},
        },
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {
                    "hostNetwork": True,
                    "containers": [{"name": "side", "image": "registry.test/side:1"}, container],
                },
            },
        },
    }


def role(ref: Ref) -> Object:
    """Return a Role."""
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace, "labels": {"made": "here"}},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }


def _old(namespace: str) -> Ref:
    return kinds.ROLE_BINDINGS.ref(namespace, "bot")


def _binding(ref: Ref, kind: str, name: str) -> Object:
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "roleRef": {"apiGroup": RBAC, "kind": kind, "name": name},
        "subjects": [BOT],
    }


def swap(namespace: str, *, lost: bool = False) -> Change:
    """Return the swap of a binding, and what is asked after it.

    Where something is ``lost``, a right was to stay that the new role does not give.
    """
    made = kinds.ROLES.ref(namespace, "bot-least")
    bound = kinds.ROLE_BINDINGS.ref(namespace, "bot-least")
    writes = (
        Create(made, role(made)),
        Create(bound, _binding(bound, made.kind, made.name)),
        Delete(_old(namespace)),
    )
    kept = ["get", "delete"] if lost else ["get"]
    reviews = [_right(verb, "pods", namespace, allowed=True) for verb in kept]
    reviews.append(_right("get", "secrets", namespace, allowed=False))
    return Change(ChangeKind.GROUP, "swap", Risk.ACCESS, writes, reviews=tuple(reviews))


def _right(verb: str, resource: str, namespace: str, *, allowed: bool) -> AccessReview:
    groups = ("system:authenticated",)
    return AccessReview(
        "bot", groups, verb, resource=resource, namespace=namespace, allowed=allowed
    )


def draw(random: Random, namespace: str, *, doomed: bool = True) -> tuple[Change, ...]:
    """Draw a plan of up to five changes that touch each object once, with a swap now and then.

    Where ``doomed`` is asked for, now and then a group ends in a write that the server refuses, or
    a swap in a right that was to stay and is lost.
    """
    pool = [*PATCHED, *DELETED, *CREATED]
    random.shuffle(pool)
    changes = []
    for number in range(random.randint(1, 4)):
        size = random.choice((1, 1, 2, 3))
        writes = tuple(_write(random, namespace, name) for name in pool[:size])
        del pool[:size]
        if doomed and random.random() < 0.2:
            writes += (_refused(number),)
        if writes:
            changes.append(_change(number, writes))
    if random.random() < 0.4:
        lost = doomed and random.random() < 0.4
        changes.insert(random.randint(0, len(changes)), swap(namespace, lost=lost))
    return tuple(changes)


def _write(random: Random, namespace: str, name: str) -> Write:
    if name in PATCHED:
        return _patch(random, kinds.DEPLOYMENTS.ref(namespace, name))
    ref = kinds.ROLES.ref(namespace, name)
    return Delete(ref) if name in DELETED else Create(ref, role(ref))


def _patch(random: Random, ref: Ref) -> Patch:
    chosen = random.sample(EDITS, random.randint(1, 3))
    return Patch(ref, tuple(_apart(edit for edits in chosen for edit in edits)))


def _apart(edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits without those whose place another one has taken, as composing does."""
    kept: list[Edit] = []
    for edit in edits:
        if all(edit.path != other.path for other in kept):
            kept.append(edit)
    return kept


def _refused(number: int) -> Create:
    ref = kinds.ROLES.ref("nowhere", f"refused-{number}")
    return Create(ref, role(ref))


def _change(number: int, writes: tuple[Write, ...]) -> Change:
    alone = {Patch: ChangeKind.PATCH, Create: ChangeKind.CREATE, Delete: ChangeKind.DELETE}
    kind = ChangeKind.GROUP if len(writes) > 1 else alone[type(writes[0])]
    return Change(kind, f"change {number}", Risk.SAFE, writes)


def ref_of(value: Object) -> Ref:
    """Return the reference of an object."""
    metadata = value["metadata"]
    return Ref(value["apiVersion"], value["kind"], metadata.get("namespace", ""), metadata["name"])
