"""The training cluster's API server: what its static pod's flags make it do.

The flags of the stored static pod decide whether Secrets are encrypted on their way to etcd and
whether an audit log is kept, so that /flagz, /metrics, etcd and the log always agree with it. The
files that flags name lie on a node that does not exist: they are those of the exported artefacts.
"""

import base64
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import yaml

from k8sharden.analysis.control_plane import AUDIT_FLAGS, ENCRYPTION_FLAG
from k8sharden.analysis.runbooks import audit
from k8sharden.cluster.evidence import parse_flags
from k8sharden.cluster.memory import MemoryCluster, jsonpatch
from k8sharden.cluster.memory.audit import AuditLog, Event
from k8sharden.cluster.memory.requests import Call
from k8sharden.cluster.memory.store import Object, new_uid
from k8sharden.cluster.simulation import Controllers
from k8sharden.cluster.training.running import SERVED, images
from k8sharden.model import kinds
from k8sharden.model.ref import Ref

VERSION = "v1.36.2"
"""The Kubernetes version that the cluster says it is."""

STATIC_POD = kinds.PODS.ref("kube-system", "kube-apiserver-control-plane-1")
"""The API server's copy of its own static pod."""

OPERATOR = "sam@kestrel.example"
"""Looks after the office tools, and may create pods in the namespace office."""

USERS: Mapping[str, tuple[str, ...]] = {OPERATOR: ("wiki-keepers",)}
"""The people of Kestrel Books who work with the cluster, with their groups."""

SEALED = b"k8s:enc:secretbox:v1:key1:"
"""What etcd holds before the ciphertext, by the configuration that the runbook brings."""

_PLAIN = b"k8s\x00"
_OVERHEAD = 40
_HASH = ("kubernetes.io/config.hash", "kubernetes.io/config.mirror")

_FLAGS: Mapping[str, str] = {
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

_METRICS = """\
# HELP apiserver_audit_event_total [ALPHA] Counter of audit events sent to the backend.
# TYPE apiserver_audit_event_total counter
apiserver_audit_event_total {events}
# HELP apiserver_audit_requests_rejected_total [ALPHA] Counter of requests refused by auditing.
# TYPE apiserver_audit_requests_rejected_total counter
apiserver_audit_requests_rejected_total 0
# HELP apiserver_storage_objects [STABLE] Number of stored objects at the time of last check.
# TYPE apiserver_storage_objects gauge
apiserver_storage_objects{{resource="secrets"}} {secrets}
"""
_ENCRYPTED_WRITES = """\
# HELP apiserver_storage_transformation_operations_total [ALPHA] Counter of transformations.
# TYPE apiserver_storage_transformation_operations_total counter
apiserver_storage_transformation_operations_total{{resource="secrets",status="OK",\
transformation_type="to_storage",transformer_prefix="{prefix}"}} {secrets}
"""


class TrainingCluster(MemoryCluster):
    """The cluster in memory, with controllers, an etcd to be stolen and an audit log to be asked.

    ``clock`` gives the time in seconds since 1970, by which rollouts go on.
    """

    def __init__(self, objects: Iterable[Object], clock: Callable[[], float]) -> None:
        self._log = AuditLog()
        self._policy = yaml.load(audit.POLICY, Loader=yaml.CSafeLoader)
        super().__init__(objects, version=VERSION, users=USERS, served=SERVED)
        self._scan_again(clock())
        self._controllers = Controllers(self._store, self._admission, images(), clock)
        self._settle()

    def _scan_again(self, now: float) -> None:
        """Let the scanner of images look again, as it does each day at midnight."""
        when = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT00:00:00Z")
        for value in self._store.of(kinds.VULNERABILITY_REPORTS):
            report = value["report"] | {"updateTimestamp": when}
            self._store.put(kinds.VULNERABILITY_REPORTS, value | {"report": report})

    def flags(self) -> Mapping[str, str]:
        """Return the flags of the API server: its defaults, and the static pod's command line."""
        return {**_FLAGS, **self._given()}

    def metrics(self) -> str:
        """Return the counters; once Secrets are encrypted, each was rewritten by the runbook."""
        secrets = len(self._store.of(kinds.SECRETS))
        text = _METRICS.format(events=self._log.count, secrets=secrets)
        if not self.encrypts:
            return text
        return text + _ENCRYPTED_WRITES.format(prefix=SEALED.decode(), secrets=secrets)

    @property
    def encrypts(self) -> bool:
        """Whether the API server was told to encrypt Secrets."""
        return bool(self._given().get(ENCRYPTION_FLAG))

    @property
    def audits(self) -> bool:
        """Whether the API server has an audit policy, and a file to write to."""
        policy, path, _ = (self._given().get(flag) for flag in AUDIT_FLAGS)
        return bool(policy and path)

    def audit_events(self) -> tuple[Event, ...]:
        """Return the audit log since the app or command began, oldest first."""
        with self._lock:
            return self._log.events()

    def etcd(self, secret: Ref) -> bytes:
        """Return what etcd, and so each backup of it, holds for a Secret.

        There is no key: random bytes stand for the ciphertext, since that is all one sees of it.
        Raises `Failure` where there is no such Secret.
        """
        with self._lock:
            value = self._store.get(kinds.SECRETS, secret.namespace, secret.name)
            data = {key: base64.b64decode(text) for key, text in (value.get("data") or {}).items()}
            # The record is a protobuf in a real etcd: there, too, values stand in it as bytes.
            record = b"\n".join(b"%s\x12%s" % (key.encode(), text) for key, text in data.items())
            if self.encrypts:
                return SEALED + os.urandom(len(record) + _OVERHEAD)
            return _PLAIN + secret.name.encode() + b"\n" + record

    def restart_api_server(self, operations: list[dict[str, Any]]) -> None:
        """Patch the manifest of the static pod, as on its node: the kubelet starts it anew.

        Raises `PatchError` where the patch does not apply.
        """
        with self._lock:
            old = self._store.get(kinds.PODS, STATIC_POD.namespace, STATIC_POD.name)
            pod = jsonpatch.apply(old, msgspec.json.encode(operations))
            command = "\n".join(pod["spec"]["containers"][0]["command"])
            mark = hashlib.sha256(command.encode()).hexdigest()[:32]
            pod["metadata"]["annotations"] |= dict.fromkeys(_HASH, mark)
            pod["metadata"]["uid"] = new_uid()
            self.load([pod])

    def _given(self) -> dict[str, str]:
        pod = self._store.find(kinds.PODS, STATIC_POD.namespace, STATIC_POD.name)
        containers = pod["spec"]["containers"] if pod else []
        return parse_flags(word for each in containers for word in each.get("command") or ())

    def _settle(self) -> None:
        self._controllers.act()

    def _answered(self, call: Call, status: int) -> None:
        if self.audits:
            self._log.record(self._policy, call, status)
