"""``k8sharden permissions``: the least roles that scanning, and applying, need."""

from collections.abc import Iterable
from typing import Any

import click

from k8sharden.cli.output import emit, out_option
from k8sharden.model.kinds import (
    ADMISSION_POLICIES,
    ADMISSION_POLICY_BINDINGS,
    CILIUM_POLICIES,
    CONSTRAINTS,
    EVENTS,
    KYVERNO_CLUSTER_POLICIES,
    KYVERNO_IMAGE_POLICIES,
    KYVERNO_POLICIES,
    KYVERNO_VALIDATING_POLICIES,
    MUTATING_WEBHOOKS,
    NAMESPACES,
    REPLICATION_CONTROLLERS,
    SCANNED,
    SECRETS,
    SERVICE_ACCOUNTS,
    VALIDATING_WEBHOOKS,
    ResourceType,
)
from k8sharden.model.render import render

_PATCHED = (
    VALIDATING_WEBHOOKS,
    MUTATING_WEBHOOKS,
    KYVERNO_CLUSTER_POLICIES,
    KYVERNO_POLICIES,
    KYVERNO_VALIDATING_POLICIES,
    KYVERNO_IMAGE_POLICIES,
    CONSTRAINTS,
)
"""Webhooks and policies of others, which are made to fail closed, or to deny."""


@click.command()
@click.option("--apply", "applying", is_flag=True, help="Also what applying needs.")
@out_option
def permissions(*, applying: bool, out: Any) -> int:
    """Print the least ClusterRole that a scan needs here, as a manifest."""
    rules = [_rule(group, kinds, ["list", "get"]) for group, kinds in _by_group(SCANNED)]
    # How many API servers there are: one that was asked does not speak for all.
    rules.append(_rule("discovery.k8s.io", ["endpointslices"], ["get"]))
    rules.append({"nonResourceURLs": ["/flagz", "/metrics", "/version"], "verbs": ["get"]})
    if applying:
        rules += _applying()
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "k8sharden-apply" if applying else "k8sharden-scan"},
        "rules": rules,
    }
    emit(render(role), out)
    return 0


def _by_group(kinds: Iterable[ResourceType]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for kind in kinds:
        groups.setdefault(kind.group, []).append(kind.plural)
    return sorted(groups.items())


def _rule(group: str, resources: list[str], verbs: list[str]) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}


def _applying() -> list[dict[str, Any]]:
    """Return what the fixes of the catalogue write, and what takes them back."""
    return [
        _rule("", [NAMESPACES.plural, REPLICATION_CONTROLLERS.plural], ["patch"]),
        _rule("", [EVENTS.plural], ["list"]),
        # Accounts that workloads get in place of default, and tokens that go and come back by undo.
        _rule("", [SERVICE_ACCOUNTS.plural, SECRETS.plural], ["create", "delete"]),
        _rule("apps", ["deployments", "daemonsets", "statefulsets", "replicasets"], ["patch"]),
        _rule("batch", ["cronjobs"], ["patch"]),
        _rule("networking.k8s.io", ["networkpolicies"], ["create", "delete", "patch"]),
        _rule(CILIUM_POLICIES.group, [CILIUM_POLICIES.plural], ["create", "delete", "patch"]),
        _rule("", ["services"], ["patch"]),
        _rule(
            ADMISSION_POLICIES.group,
            [ADMISSION_POLICIES.plural, ADMISSION_POLICY_BINDINGS.plural],
            ["create", "delete", "patch"],
        ),
        *(_rule(group, types, ["patch"]) for group, types in _by_group(_PATCHED)),
        # Granting a role needs every right in it, or this verb; it is as strong as it sounds.
        _rule(
            "rbac.authorization.k8s.io",
            ["roles", "rolebindings", "clusterroles", "clusterrolebindings"],
            ["create", "delete", "patch", "bind", "escalate"],
        ),
        # Whether everybody kept the rights that were to stay.
        _rule("authorization.k8s.io", ["subjectaccessreviews"], ["create"]),
    ]
