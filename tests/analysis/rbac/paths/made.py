"""A small cluster for paths: an account that is cluster-admin, and somebody who wants to be it.

Namespace `shut` enforces restricted, so that a pod there is only worth its account; `open` enforces
nothing. Everything is reached by way of ServiceAccount shut/admin, or of the control plane's node.
"""

from collections.abc import Mapping

import msgspec

from k8sharden.analysis.rbac.paths import Escalation, Path, escalation, shortest
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, Source
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref
from tests.analysis.rbac.made import EVERYTHING, policy, who
from tests.remediations import harness

EVE = "User eve"

WORLD = """
apiVersion: v1
kind: Namespace
metadata: {name: open}
---
apiVersion: v1
kind: Namespace
metadata: {name: shut, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
---
apiVersion: v1
kind: Node
metadata: {name: boss-1, labels: {node-role.kubernetes.io/control-plane: ""}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: admin, namespace: shut}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: plain, namespace: shut}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: app, namespace: open}
---
apiVersion: v1
kind: Secret
metadata:
  name: admin-token-7x
  namespace: shut
  annotations: {kubernetes.io/service-account.name: ""}
---
apiVersion: v1
kind: Secret
metadata: {name: password, namespace: shut}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shut}
spec: {template: {spec: {serviceAccountName: plain, containers: [{name: web}]}}}
---
apiVersion: v1
kind: Pod
metadata: {name: admin-0, namespace: shut}
spec: {serviceAccountName: admin, nodeName: worker-1, containers: [{name: admin}]}
---
apiVersion: v1
kind: Pod
metadata: {name: silent-0, namespace: shut}
spec:
  serviceAccountName: admin
  nodeName: worker-1
  automountServiceAccountToken: false
  containers: [{name: silent}]
"""

Roles = Mapping[str, list[o.PolicyRule]]

LIVE = harness.TRAINING


def cluster(
    roles: Roles, *bindings: str, world: str = WORLD, source: Source = LIVE, **more: str
) -> Inventory:
    """Return the cluster with these roles and bindings beside those of its admin."""
    known = policy(
        {"all": EVERYTHING, **roles}, "admin: all to ServiceAccount shut/admin", *bindings
    )
    return with_policy(known.roles, known.bindings, world + more.get("beside", ""), source)


def with_policy(
    roles: Mapping[Ref, o.Role],
    bindings: Mapping[Ref, o.Binding],
    world: str = WORLD,
    source: Source = LIVE,
) -> Inventory:
    """Return an inventory of a world with these roles and bindings."""
    read = harness.inventory(harness.documents(world), source)
    types = {kind.kind: kind.key for kind in kinds.ALL}
    held: dict[str, tuple[o.Object, ...]] = dict(read.objects)
    for ref, each in (*roles.items(), *bindings.items()):
        named = msgspec.structs.replace(each, metadata=Meta(ref.name, ref.namespace or None))
        held[types[ref.kind]] = (*held.get(types[ref.kind], ()), named)
    return msgspec.structs.replace(read, objects=held, cache={})


def best(inventory: Inventory, start: str = EVE) -> Path | None:
    """Return the best path of a subject."""
    return shortest(who(start), inventory)


def said(inventory: Inventory, start: str = EVE) -> str:
    """Return the best path of a subject in words, empty where there is none."""
    path = best(inventory, start)
    return path.said if path else ""


def with_cut(inventory: Inventory, start: str = EVE) -> Escalation:
    """Return the best path of a subject with its cut."""
    found = escalation(who(start), inventory)
    assert found is not None
    return found
