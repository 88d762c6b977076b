"""Small clusters and random plans for them: each kind of write, alone and in groups."""

from collections.abc import Iterable
from random import Random
from typing import Any

from k8sharden.model import kinds
from k8sharden.model.change import (
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

PATCHED = ("web", "cart", "mail")
DELETED = ("old", "older", "oldest")
CREATED = ("new", "newer", "newest")


def objects(namespace: str) -> list[Object]:
    """Return the objects of a namespace that plans are drawn for, itself first."""
    made: list[Object] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
    ]
    made += [_deployment(namespace, name) for name in PATCHED]
    return [*made, *(role(kinds.ROLES.ref(namespace, name)) for name in DELETED)]


def refs(namespace: str) -> list[Ref]:
    """Return everything that a plan may touch."""
    touched = [kinds.DEPLOYMENTS.ref(namespace, name) for name in PATCHED]
    return [*touched, *(kinds.ROLES.ref(namespace, name) for name in (*DELETED, *CREATED))]


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


def draw(random: Random, namespace: str, *, doomed: bool = True) -> tuple[Change, ...]:
    """Draw a plan of one to four changes that touch each object once.

    Where ``doomed`` is asked for, now and then a group ends in a write that the server refuses.
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
