"""Validation: the 422 of an object that breaks the rules of its kind.

These are the rules that a hand-made change may break; the many others of the API server that need
odd input are left out. Source: k8s.io/kubernetes, pkg/apis/*/validation, v1.36.
"""

import json
from collections.abc import Callable
from typing import Any

from k8sharden.cluster.memory import admission_rules, kind_rules, names, rbac_rules, workload_rules
from k8sharden.cluster.memory.failures import (
    Cause,
    cause,
    forbidden_value,
    invalid,
    invalid_value,
    required,
)
from k8sharden.cluster.memory.store import Object
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_MOST_ANNOTATIONS = 256 * 1024
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_PATH_NAMED = (kinds.ROLES, kinds.CLUSTER_ROLES, kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)


def check_new(kind: ResourceType, value: Object) -> None:
    """Raise the 422 of a new object that breaks the rules of its kind."""
    causes = [*_metadata(kind, value), *_own(kind, value)]
    if kind is kinds.PODS:
        causes += workload_rules.pod_created(value)
    _raise(kind, value, causes)


def check_changed(kind: ResourceType, value: Object, old: Object) -> None:
    """Raise the 422 of a change that breaks the rules of its kind."""
    metadata, before = value["metadata"], old["metadata"]
    causes = _metadata(kind, value)
    if metadata.get("uid") != before["uid"]:
        uid = json.dumps(metadata.get("uid"))
        causes.append(invalid_value("metadata.uid", uid, "field is immutable"))
    causes += _late_finalizers(metadata, before)
    causes += _own(kind, value)
    rule = _ON_CHANGE.get(kind.key)
    if rule is not None:
        causes += rule(value, old)
    _raise(kind, value, causes)


def _raise(kind: ResourceType, value: Object, causes: list[Cause]) -> None:
    if causes:
        raise invalid(kind, value["metadata"].get("name", ""), causes)


def _own(kind: ResourceType, value: Object) -> list[Cause]:
    rule = _RULES.get(kind.key)
    return rule(value) if rule is not None else []


def _metadata(kind: ResourceType, value: Object) -> list[Cause]:
    metadata = value["metadata"]
    return [
        *_name(kind, metadata),
        *_labels(metadata.get("labels") or {}),
        *_annotations(metadata.get("annotations") or {}),
        *_owners(metadata.get("ownerReferences") or []),
        *_finalizers(metadata.get("finalizers") or []),
    ]


def _name(kind: ResourceType, metadata: Object) -> list[Cause]:
    name = metadata.get("name", "")
    if not name:
        return [required("metadata.name", "name or generateName is required")]
    rule = names.subdomain
    if kind in _PATH_NAMED:
        rule = names.path_segment
    elif kind is kinds.NAMESPACES:
        rule = names.namespace
    elif kind is kinds.SERVICES:
        rule = names.label
    return [invalid_value("metadata.name", json.dumps(name), text) for text in rule(name)]


def _labels(labels: dict[str, str]) -> list[Cause]:
    return kind_rules.labels("metadata.labels", labels)


def _annotations(annotations: dict[str, str]) -> list[Cause]:
    field = "metadata.annotations"
    causes = [
        invalid_value(field, json.dumps(key), text)
        for key in annotations
        for text in names.label_key(key.lower())
    ]
    size = sum(len(key.encode()) + len(each.encode()) for key, each in annotations.items())
    if size > _MOST_ANNOTATIONS:
        text = f"Too long: may not be more than {_MOST_ANNOTATIONS} bytes"
        causes.append(cause("FieldValueTooLong", field, text))
    return causes


def _owners(owners: list[Object]) -> list[Cause]:
    wanted = (
        ("apiVersion", "version must not be empty"),
        ("kind", "must not be empty"),
        ("name", "must not be empty"),
        ("uid", "must not be empty"),
    )
    return [
        invalid_value(f"metadata.ownerReferences.{name}", '""', text)
        for owner in owners
        for name, text in wanted
        if not owner.get(name)
    ]


def _finalizers(finalizers: list[str]) -> list[Cause]:
    text = "name is neither a standard finalizer name nor is it fully qualified"
    return [
        invalid_value(f"metadata.finalizers[{number}]", json.dumps(each), text)
        for number, each in enumerate(finalizers)
        if "/" not in each and each not in _STANDARD_FINALIZERS
    ]


def _late_finalizers(metadata: Object, before: Object) -> list[Cause]:
    known = before.get("finalizers") or ()
    new = [each for each in metadata.get("finalizers") or () if each not in known]
    if not new or not before.get("deletionTimestamp"):
        return []
    shown = ", ".join(json.dumps(each) for each in sorted(new))
    text = (
        "no new finalizers can be added if the object is being deleted, found new finalizers "
        f"[]string{{{shown}}}"
    )
    return [forbidden_value("metadata.finalizers", text)]


_Rule = Callable[[Object], list[Cause]]
_RULES: dict[str, _Rule] = {
    kinds.NAMESPACES.key: kind_rules.namespace,
    kinds.CONFIG_MAPS.key: kind_rules.data,
    kinds.SECRETS.key: kind_rules.data,
    kinds.SERVICES.key: kind_rules.service,
    kinds.NETWORK_POLICIES.key: kind_rules.network_policy,
    kinds.ROLES.key: rbac_rules.role,
    kinds.CLUSTER_ROLES.key: rbac_rules.cluster_role,
    kinds.ROLE_BINDINGS.key: rbac_rules.role_binding,
    kinds.CLUSTER_ROLE_BINDINGS.key: rbac_rules.cluster_role_binding,
    kinds.ADMISSION_POLICIES.key: admission_rules.policy,
    kinds.ADMISSION_POLICY_BINDINGS.key: admission_rules.binding,
    kinds.PODS.key: workload_rules.pod,
    kinds.DEPLOYMENTS.key: workload_rules.deployment,
    kinds.DAEMON_SETS.key: workload_rules.always_running,
    kinds.STATEFUL_SETS.key: workload_rules.always_running,
    kinds.REPLICA_SETS.key: workload_rules.always_running,
    kinds.REPLICATION_CONTROLLERS.key: workload_rules.always_running,
    kinds.JOBS.key: workload_rules.job,
    kinds.CRON_JOBS.key: workload_rules.cron_job,
}
_ON_CHANGE: dict[str, Callable[[Any, Any], list[Cause]]] = {
    kinds.CONFIG_MAPS.key: kind_rules.data_changed,
    kinds.SECRETS.key: kind_rules.data_changed,
    kinds.SERVICES.key: kind_rules.service_changed,
    kinds.ROLE_BINDINGS.key: rbac_rules.role_ref_changed,
    kinds.CLUSTER_ROLE_BINDINGS.key: rbac_rules.role_ref_changed,
    kinds.PODS.key: workload_rules.pod_changed,
    kinds.DEPLOYMENTS.key: workload_rules.selector_changed,
    kinds.DAEMON_SETS.key: workload_rules.selector_changed,
    kinds.REPLICA_SETS.key: workload_rules.selector_changed,
    kinds.STATEFUL_SETS.key: workload_rules.stateful_set_changed,
    kinds.JOBS.key: workload_rules.job_changed,
}
