"""What paths lead through beside roles and bindings: accounts, tokens, pods, nodes, namespaces.

It is the same before and after a change of RBAC, so it is put together once per inventory.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import cast

from k8sharden.analysis.node_folders import folder
from k8sharden.analysis.pod_security import PREFIX, Level, policy
from k8sharden.analysis.rbac.paths.places import Inside, OnNode
from k8sharden.analysis.rbac.subjects import ServiceAccount, service_account
from k8sharden.analysis.rbac.tokens import has_projected_token, is_given_token
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.analysis.releases import minor
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.finding import Severity
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.pods import SecurityContext, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of, workloads

TOKEN_MARK = "kubernetes.io/service-account.name"  # noqa: S105 - the annotation's key, no token
_CONTROL_PLANE = tuple(f"node-role.kubernetes.io/{role}" for role in ("control-plane", "master"))
_CHANGED_LATER = tuple(kind for kind in kinds.WORKLOADS if kind not in (kinds.PODS, kinds.JOBS))
"""The kinds whose template can be changed, and makes pods anew."""


class World:
    """What an inventory holds that paths lead through."""

    def __init__(self, inventory: Inventory) -> None:
        self.minor = minor(inventory.source.server_version)
        self.workloads = {each.ref: each for each in workloads(inventory)}
        self._in: defaultdict[str, list[Ref]] = defaultdict(list)
        for ref in self.workloads:
            self._in[ref.namespace].append(ref)
        self.accounts = _accounts(inventory)
        self.tokens = _tokens(inventory)
        self.open = _open(inventory)
        spaces = sorted(space.name for space in inventory.namespaces)
        self.enforcing = dict.fromkeys(space for space in spaces if space not in self.open)
        self.webhooks = tuple(each.name for each in inventory.objects.get(_WEBHOOKS, ()))
        self.templates = _templates(inventory)
        self.control_plane = {
            node.name for node in inventory.of(kinds.NODES, o.Node) if _rules(node)
        }
        self.nodes = _nodes(inventory, self.control_plane)
        self._pods = pods_of(inventory)
        self._live = inventory.source.kind is not SourceKind.MANIFESTS
        self._with_token = {
            each.ref
            for each in workloads(inventory)
            if has_projected_token(each) or is_given_token(each, inventory)
        }
        self._on: Mapping[str, list[Workload]] | None = None

    def inside(self, namespace: str, pods: frozenset[str] | None) -> Iterator[Inside]:
        """Yield the workloads of a namespace (empty: all) that run pods of these names (None: any).

        In manifests nothing runs yet, and every template counts unless pods are named.
        """
        for ref in self._in.get(namespace, ()) if namespace else self.workloads:
            running = {pod.name for pod in self._pods.get(ref, ())}
            known = running if pods is None else running & pods
            if known or (not self._live and pods is None):
                yield Inside(ref)

    def on(self, node: str) -> list[Workload]:
        """Return the workloads that run on a node; in manifests, all of them on the unnamed one."""
        if self._on is None:
            found: defaultdict[str, list[Workload]] = defaultdict(list)
            for ref, workload in self.workloads.items():
                for name in self.nodes_of(ref):
                    found[name].append(workload)
            self._on = found
        return self._on.get(node, [])

    def nodes_of(self, workload: Ref) -> list[str]:
        """Return the nodes that a workload's pods run on."""
        if not self._live:
            return [""]
        pods = self._pods.get(workload, ())
        return sorted({pod.spec.node_name for pod in pods if pod.spec.node_name})

    def has_token(self, workload: Workload) -> bool:
        """Whether the token of its account is in its pods."""
        return workload.ref in self._with_token


_WEBHOOKS = kinds.MUTATING_WEBHOOKS.key


def world_of(inventory: Inventory) -> World:
    """Return what an inventory holds that paths lead through."""
    if "rbac-world" not in inventory.cache:
        inventory.cache["rbac-world"] = World(inventory)
    return cast("World", inventory.cache["rbac-world"])


def why_node(workload: Workload) -> str:
    """Say by what whoever is inside takes over the node; empty where the container holds."""
    folders = {volume.name: volume.host_path for volume in workload.spec.volumes}
    for seen in visit_containers(workload.spec):
        context = seen.container.security
        windows = context.windows_options
        if context.privileged or (windows and windows.host_process):
            return "is privileged"
        for mount in seen.container.volume_mounts or ():
            path = folders.get(mount.name)
            # What root may read there, no other user may.
            if (
                path
                and folder(path).severity is Severity.CRITICAL
                and _may_be_root(workload, context)
            ):
                return f"mounts the node's {one_line(path, 80)}"
    return ""


def _may_be_root(workload: Workload, context: SecurityContext) -> bool:
    pod = workload.spec.security
    if context.run_as_user is not None or pod.run_as_user is not None:
        user = context.run_as_user if context.run_as_user is not None else pod.run_as_user
        return user == 0
    forced = context.run_as_non_root if context.run_as_non_root is not None else pod.run_as_non_root
    return not forced


def _accounts(inventory: Inventory) -> Mapping[str, tuple[ServiceAccount, ...]]:
    """Return the accounts of each namespace, sorted.

    Where they could not be listed, or in manifests, those count that bindings and pods name.
    """
    found = {(each.namespace, each.name) for each in inventory.of(kinds.SERVICE_ACCOUNTS, o.Object)}
    found |= {account_under(each) for each in workloads(inventory)}
    if (
        inventory.source.kind is SourceKind.MANIFESTS
        or not inventory.entry(kinds.SERVICE_ACCOUNTS).complete
    ):
        for kind in (kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS):
            for binding in inventory.of(kind, o.Binding):
                for subject in binding.subjects or ():
                    account = service_account(subject, binding.namespace)
                    found |= {account} if account else set()
    by_namespace: defaultdict[str, list[ServiceAccount]] = defaultdict(list)
    for account in sorted(found):
        by_namespace[account[0]].append(account)
    return {space: tuple(accounts) for space, accounts in by_namespace.items()}


def _tokens(inventory: Inventory) -> Mapping[str, tuple[str, ...]]:
    """Return the names of the Secrets of each namespace that hold a service account's token."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for secret in inventory.of(kinds.SECRETS, o.Object):
        if TOKEN_MARK in secret.metadata.annotation:
            found[secret.namespace].append(secret.name)
    return {space: tuple(sorted(names)) for space, names in found.items()}


def _open(inventory: Inventory) -> Mapping[str, bool]:
    """Return the namespaces that admit any pod; True where a label says so."""
    return {
        space.name: f"{PREFIX}enforce" in space.metadata.label
        for space in sorted(inventory.namespaces, key=lambda each: each.name)
        if policy(space.metadata.label).level is Level.PRIVILEGED
    }


def _templates(inventory: Inventory) -> Mapping[str, Mapping[str, list[str]]]:
    """Return the names of what makes pods from a template, by resource and namespace."""
    found: dict[str, defaultdict[str, list[str]]] = {}
    for kind in _CHANGED_LATER:
        here = found.setdefault(kind.plural, defaultdict(list))
        for each in inventory.objects.get(kind.key, ()):
            here[each.namespace].append(each.name)
    return found


def _rules(node: o.Node) -> bool:
    return any(label in node.metadata.label for label in _CONTROL_PLANE)


def _nodes(inventory: Inventory, first: set[str]) -> tuple[OnNode, ...]:
    """Return the nodes, those of the control plane first; one without a name in manifests."""
    names = {node.name for node in inventory.of(kinds.NODES, o.Node)}
    if inventory.source.kind is SourceKind.MANIFESTS:
        names = {""}
    return tuple(OnNode(name) for name in sorted(names, key=lambda name: (name not in first, name)))
