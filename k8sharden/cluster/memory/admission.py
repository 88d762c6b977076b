"""Admission: what may be written although the user may write, and what is warned about.

Pod Security here; whether RBAC grants more than the user holds in `escalation`.
Source: Kubernetes documentation, "Pod Security Admission"; k8s.io/pod-security-admission, v0.36.
"""

import json
from typing import Any

from k8sharden.analysis.pod_security import (
    Level,
    Policy,
    Violation,
    describe,
    invalid_labels,
    policy,
    reasons,
    violations,
)
from k8sharden.cluster.memory import escalation
from k8sharden.cluster.memory.failures import (
    Cause,
    forbidden,
    forbidden_value,
    invalid,
    invalid_value,
)
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.cluster.memory.warned import pod_spec_of
from k8sharden.model import kinds
from k8sharden.model.decoding import convert
from k8sharden.model.meta import Meta
from k8sharden.model.pods import PodSpec

_TEMPLATES = (
    kinds.DEPLOYMENTS, kinds.DAEMON_SETS, kinds.STATEFUL_SETS, kinds.REPLICA_SETS,
    kinds.REPLICATION_CONTROLLERS, kinds.JOBS,
)  # fmt: skip
_MOST_PODS = 3000


class Admission:
    """The decisions, over the stored namespaces.

    ``minor`` is the server's own version; without ``allow_privileged``, its flag
    ``--allow-privileged``, no pod may be.
    """

    def __init__(self, store: Store, minor: int, *, allow_privileged: bool) -> None:
        self._store = store
        self._minor = minor
        self._allow_privileged = allow_privileged

    def check_privileged(self, call: Call, value: Object) -> None:
        """Raise the 422 of privileged containers where the server takes none at all."""
        found = None if self._allow_privileged else pod_spec_of(call.kind, value)
        if found is None:
            return
        spec, where = found
        causes = [
            forbidden_value(
                f"{where}.{name}[{number}].securityContext.privileged",
                "disallowed by cluster policy",
            )
            for name in ("containers", "initContainers")
            for number, container in enumerate(spec.get(name) or ())
            if (container.get("securityContext") or {}).get("privileged")
        ]
        if causes:
            raise invalid(call.kind, value["metadata"].get("name", ""), causes)

    def escalation(self, call: Call, value: Object) -> None:
        """Refuse a role or binding that grants more than its author holds."""
        escalation.check(self._store, call, value)

    def created(self, call: Call, value: Object) -> None:
        """Refuse or warn about a new object."""
        if call.kind is kinds.NAMESPACES:
            _refuse_labels(call, value, {})
        elif call.kind is kinds.PODS:
            self._check_pod(call, value)
        else:
            self._warn(call, _template(call, value), call.namespace)

    def changed(self, call: Call, value: Object, old: Object) -> None:
        """Refuse or warn about a new state of an object."""
        if call.kind is kinds.NAMESPACES:
            _refuse_labels(call, value, old)
            self._check_namespace(call, value, old)
        elif call.kind is kinds.PODS:
            if not call.attributes.subresource and _images(value) != _images(old):
                self._check_pod(call, value)
        elif not call.attributes.subresource:
            self._warn(call, _template(call, value), call.namespace)

    def _policy(self, namespace: str, mode: str) -> Policy:
        found = self._store.find(kinds.NAMESPACES, "", namespace) or {"metadata": {}}
        return policy(found["metadata"].get("labels") or {}, mode)

    def _violations(self, asked: Policy, pod: Object) -> tuple[Violation, ...]:
        minor = self._minor if asked.minor is None else min(asked.minor, self._minor)
        spec = convert(pod.get("spec") or {}, PodSpec, strict=False)
        return violations(asked.level, spec, convert(pod.get("metadata") or {}, Meta), minor)

    def refusal(self, namespace: str, pod: Object) -> str:
        """Say why a namespace's level refuses a pod; empty where it does not."""
        enforced = self._policy(namespace, "enforce")
        found = self._violations(enforced, pod)
        return f'violates PodSecurity "{enforced.words}": {describe(found)}' if found else ""

    def _check_pod(self, call: Call, pod: Object) -> None:
        why = self.refusal(call.namespace, pod)
        if why:
            raise forbidden(call.kind, pod["metadata"]["name"], why)
        self._warn(call, pod, call.namespace)

    def _warn(self, call: Call, pod: Object | None, namespace: str) -> None:
        if pod is None:
            return
        warned = self._policy(namespace, "warn")
        found = self._violations(warned, pod)
        if found:
            call.warnings.append(f'would violate PodSecurity "{warned.words}": {describe(found)}')

    def _check_namespace(self, call: Call, value: Object, old: Object) -> None:
        """Warn about the pods that a stricter level would not admit."""
        now, before = (policy(each["metadata"].get("labels") or {}) for each in (value, old))
        if now.level is Level.PRIVILEGED or now == before:
            return
        if now.minor == before.minor and now.level <= before.level:
            return
        name = value["metadata"]["name"]
        pods = self._store.of(kinds.PODS, name)
        if len(pods) > _MOST_PODS:
            call.warnings.append(
                "new PodSecurity enforce level only checked against the first "
                f"{_MOST_PODS} of {len(pods)} existing pods"
            )
        grouped: dict[str, list[str]] = {}
        for pod in pods[:_MOST_PODS]:
            if found := self._violations(now, pod):
                grouped.setdefault(reasons(found), []).append(pod["metadata"]["name"])
        if grouped:
            call.warnings.append(
                f'existing pods in namespace "{name}" violate the new PodSecurity enforce level '
                f'"{now.words}"'
            )
        call.warnings += sorted(f"{_named(names)}: {text}" for text, names in grouped.items())


def _refuse_labels(call: Call, value: Object, old: Object) -> None:
    """Raise the 422 of labels that are not understood, unless all of them were there before."""
    causes = _misunderstood(value)
    if causes and causes != _misunderstood(old):
        raise invalid(call.kind, value["metadata"]["name"], causes)


def _misunderstood(namespace: Object) -> list[Cause]:
    labels = (namespace.get("metadata") or {}).get("labels") or {}
    return [
        invalid_value(
            f"metadata.labels[{key}]",
            json.dumps(labels[key]),
            _VERSIONS if key.endswith("-version") else _LEVELS,
        )
        for key in invalid_labels(labels)
    ]


_LEVELS = f"must be one of {', '.join(Level)}"
_VERSIONS = 'must be "latest" or "v1.x"'


def _template(call: Call, value: Object) -> Object | None:
    if call.kind in _TEMPLATES:
        found: Object | None = value["spec"].get("template")
        return found
    if call.kind is kinds.CRON_JOBS:
        inner: Object = value["spec"]["jobTemplate"]["spec"]["template"]
        return inner
    return None


def _images(pod: Object) -> list[Any]:
    """Return the images of a pod, the only field that can change and that Pod Security reads."""
    return [
        [container.get("image") for container in pod["spec"].get(name) or ()]
        for name in ("initContainers", "containers", "ephemeralContainers")
    ]


def _named(names: list[str]) -> str:
    """Name the first pod of a group and count the others."""
    first, *others = sorted(names)
    if not others:
        return first
    return f"{first} (and {len(others)} other pod{'s' if len(others) > 1 else ''})"
