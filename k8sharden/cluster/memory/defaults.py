"""What the API server fills in where a field is left out.

Source: k8s.io/kubernetes, pkg/apis/*/v1/defaults.go, v1.36, and the answers of a real server, which
the contract tests compare field by field.
"""

import base64
from collections.abc import Callable
from typing import Any

from k8sharden.cluster.memory import admission_rules
from k8sharden.cluster.memory.pod_defaults import pod_spec, template
from k8sharden.cluster.memory.store import Object
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

RBAC_GROUP = "rbac.authorization.k8s.io"


def fill(kind: ResourceType, value: Object) -> None:
    """Fill in the defaults of an object that was decoded; it is changed in place."""
    act = _BY_KIND.get(kind.key)
    if act is not None:
        act(value)


def _default(value: Object, **defaults: Any) -> None:
    for name, default in defaults.items():
        if value.get(name) in (None, ""):
            value[name] = default


def _namespace(value: Object) -> None:
    labels = value["metadata"].get("labels") or {}
    name = value["metadata"].get("name")
    value["metadata"]["labels"] = labels | ({"kubernetes.io/metadata.name": name} if name else {})
    value["spec"].setdefault("finalizers", ["kubernetes"])
    value["status"].setdefault("phase", "Active")


def _pod(value: Object) -> None:
    pod_spec(value["spec"])
    spec = value["spec"]
    _default(spec, enableServiceLinks=True)
    for container in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        resources = container["resources"]
        if resources.get("limits"):
            # A limit alone is a request of the same size.
            resources["requests"] = resources["limits"] | (resources.get("requests") or {})
        for port in container.get("ports") or () if spec.get("hostNetwork") else ():
            port["hostPort"] = port.get("hostPort") or port["containerPort"]


def _deployment(value: Object) -> None:
    spec = value["spec"]
    template(spec["template"])
    _default(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    _rolling(spec["strategy"], maxUnavailable="25%", maxSurge="25%")


def _rolling(strategy: Object, **defaults: Any) -> None:
    _default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        # An empty text is a value here, and refused later.
        given = strategy.get("rollingUpdate") or {}
        strategy["rollingUpdate"] = defaults | given


def _daemon_set(value: Object) -> None:
    spec = value["spec"]
    template(spec["template"])
    _default(spec, revisionHistoryLimit=10)
    _rolling(spec["updateStrategy"], maxUnavailable=1, maxSurge=0)


def _stateful_set(value: Object) -> None:
    spec = value["spec"]
    template(spec["template"])
    _default(spec, replicas=1, revisionHistoryLimit=10, podManagementPolicy="OrderedReady")
    _rolling(spec["updateStrategy"], partition=0)
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    _default(
        spec["persistentVolumeClaimRetentionPolicy"], whenDeleted="Retain", whenScaled="Retain"
    )
    for claim in spec.get("volumeClaimTemplates") or ():
        _default(claim, kind="PersistentVolumeClaim", apiVersion="v1")
        _default(claim["spec"], volumeMode="Filesystem")
        _default(claim["status"], phase="Pending")


def _replica_set(value: Object) -> None:
    template(value["spec"]["template"])
    _default(value["spec"], replicas=1)


def _replication_controller(value: Object) -> None:
    spec = value["spec"]
    spec["template"] = spec.get("template") or {"metadata": {}, "spec": {"containers": None}}
    template(spec["template"])
    _default(spec, replicas=1)
    labels = spec["template"]["metadata"].get("labels")
    if labels:
        spec.setdefault("selector", dict(labels))
        value["metadata"].setdefault("labels", dict(labels))


def _job(value: Object) -> None:
    job_spec(value["spec"])
    _default(value["spec"], manualSelector=False)


def job_spec(spec: Object) -> None:
    """Fill in a Job's spec."""
    template(spec["template"])
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    _default(spec, parallelism=1, backoffLimit=6, completionMode="NonIndexed", suspend=False)
    failed = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    _default(spec, podReplacementPolicy=failed)


def _cron_job(value: Object) -> None:
    spec = value["spec"]
    template(spec["jobTemplate"]["spec"]["template"])
    _default(
        spec,
        concurrencyPolicy="Allow",
        suspend=False,
        successfulJobsHistoryLimit=3,
        failedJobsHistoryLimit=1,
    )


def _network_policy(value: Object) -> None:
    spec = value["spec"]
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if spec.get("egress") else ["Ingress"]
    for rule in (*(spec.get("ingress") or ()), *(spec.get("egress") or ())):
        for port in rule.get("ports") or ():
            _default(port, protocol="TCP")


def _role_binding(value: Object) -> None:
    _default(value["roleRef"], apiGroup=RBAC_GROUP)
    for subject in value.get("subjects") or ():
        if subject["kind"] in ("User", "Group"):
            _default(subject, apiGroup=RBAC_GROUP)


def _service(value: Object) -> None:
    spec = value["spec"]
    _default(spec, type="ClusterIP", sessionAffinity="None")
    if spec["type"] != "ExternalName":
        _default(spec, internalTrafficPolicy="Cluster")
        _default(spec, ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")
    for port in spec.get("ports") or ():
        _default(port, protocol="TCP")
        if port.get("targetPort") in (None, "", 0):
            port["targetPort"] = port["port"]


def _secret(value: Object) -> None:
    _default(value, type="Opaque")
    written = value.pop("stringData", None) or {}
    if written:
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in written.items()}
        value["data"] = (value.get("data") or {}) | encoded


_BY_KIND: dict[str, Callable[[Object], None]] = {
    kinds.NAMESPACES.key: _namespace,
    kinds.PODS.key: _pod,
    kinds.DEPLOYMENTS.key: _deployment,
    kinds.DAEMON_SETS.key: _daemon_set,
    kinds.STATEFUL_SETS.key: _stateful_set,
    kinds.REPLICA_SETS.key: _replica_set,
    kinds.REPLICATION_CONTROLLERS.key: _replication_controller,
    kinds.JOBS.key: _job,
    kinds.CRON_JOBS.key: _cron_job,
    kinds.NETWORK_POLICIES.key: _network_policy,
    kinds.ROLE_BINDINGS.key: _role_binding,
    kinds.CLUSTER_ROLE_BINDINGS.key: _role_binding,
    kinds.SERVICES.key: _service,
    kinds.SECRETS.key: _secret,
    kinds.ADMISSION_POLICIES.key: admission_rules.fill_policy,
    kinds.ADMISSION_POLICY_BINDINGS.key: admission_rules.fill_binding,
    kinds.VALIDATING_WEBHOOKS.key: admission_rules.fill_webhooks,
    kinds.MUTATING_WEBHOOKS.key: admission_rules.fill_mutating_webhooks,
}
