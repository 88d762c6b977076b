"""The training cluster: Kestrel Books, a small company that runs on defaults.

The YAML files say what people wrote, planted defects and look-alikes among it; `running` adds what
controllers and kubelets would have made of it. Everything comes out the same each time.
"""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

import yaml

from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.training.running import running, settled

Object = dict[str, Any]

VERSION = "v1.36.2"
"""The Kubernetes version that the cluster says it is."""

METRICS = """\
# HELP apiserver_audit_event_total [ALPHA] Counter of audit events sent to the backend.
# TYPE apiserver_audit_event_total counter
apiserver_audit_event_total 0
# HELP apiserver_audit_requests_rejected_total [ALPHA] Counter of requests refused by auditing.
# TYPE apiserver_audit_requests_rejected_total counter
apiserver_audit_requests_rejected_total 0
# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check.
# TYPE apiserver_storage_objects gauge
apiserver_storage_objects{resource="secrets"} 3
"""
"""What /metrics answers: no audit event, and no write that was encrypted."""

FLAGS: Mapping[str, str] = {
    "advertise-address": "192.0.2.10",
    "allow-privileged": "true",
    "anonymous-auth": "true",
    "audit-log-path": "",
    "audit-policy-file": "",
    "audit-webhook-config-file": "",
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "encryption-provider-config": "",
    "etcd-servers": "https://127.0.0.1:2379",
    "secure-port": "6443",
    "service-cluster-ip-range": "10.96.0.0/12",
}
"""What /flagz answers; an empty value is a flag that is not set."""

_PARTS = (
    "namespaces", "nodes", "rbac", "default", "kube-system", "shop", "payments", "catalogue", "ci",
    "monitoring", "ingress",
)  # fmt: skip


def training_cluster(kept: Iterable[Object] | None = None) -> MemoryCluster:
    """Return the training cluster, as it was at first or with the objects that were kept.

    Raises ValueError where what was kept is no list of objects of the API.
    """
    present = objects() if kept is None else kept
    return MemoryCluster(present, version=VERSION, metrics=METRICS, flags=FLAGS)


def objects() -> list[Object]:
    """Return every object of the cluster, namespaces first, owners before what they own."""
    written = [settled(each) for part in _PARTS for each in _read(part)]
    return [*written, *running(written)]


def _read(part: str) -> list[Object]:
    text = (files(__package__) / f"{part}.yaml").read_text("utf-8")
    return list(yaml.safe_load_all(text))
