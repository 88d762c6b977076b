"""Which rights are dangerous, by the check that reports them.

Source: kubernetes.io, RBAC Good Practices; CIS Kubernetes 5.1; KEP-2862 (nodes/proxy), KEP-5284
(constrained impersonation), and the verb of exec over WebSockets since 1.35.
"""

from collections.abc import Mapping

from k8sharden.analysis.rbac.patterns import Pattern, Power
from k8sharden.model.finding import Severity

_RBAC = "rbac.authorization.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
_CERTIFICATES = "certificates.k8s.io"
_STREAMS = "pods/exec pods/attach pods/portforward"
_WRITE = "create update patch"

POWERS: Mapping[str, Power] = {
    "rbac-secrets-read": Power(
        "may read Secrets",
        (Pattern("get list watch", "secrets"),),
        Severity.HIGH,
        Severity.MEDIUM,
    ),
    "rbac-workload-write": Power(
        "may start pods under any service account",
        (
            Pattern(_WRITE, "pods replicationcontrollers"),
            Pattern(_WRITE, "deployments statefulsets daemonsets replicasets", "apps"),
            Pattern(_WRITE, "jobs cronjobs", "batch"),
        ),
        Severity.HIGH,
    ),
    "rbac-exec": Power(
        "may reach into running containers",
        (
            Pattern("create", _STREAMS),
            Pattern("get", _STREAMS, before=35),
            Pattern("update patch", "pods/ephemeralcontainers"),
        ),
        Severity.HIGH,
        Severity.MEDIUM,
    ),
    "rbac-nodes-proxy": Power(
        "may run commands in every pod of a node, past the API server",
        (Pattern("get create update patch delete", "nodes/proxy", cluster=True),),
        Severity.CRITICAL,
        by_name=True,
        instead=(
            Pattern("get", "nodes/log nodes/metrics nodes/stats"),
            Pattern("get", "nodes/configz nodes/healthz nodes/pods", since=33),
        ),
        unseen="The log does not show how often: who asks a kubelet is not seen by the API server.",
    ),
    "rbac-escalate": Power(
        "may give itself more rights",
        (
            Pattern("bind escalate", "clusterroles roles", _RBAC),
            Pattern("impersonate", "users groups", cluster=True),
            Pattern("impersonate", "serviceaccounts"),
            Pattern(
                "impersonate:user-info", "users groups", _AUTHENTICATION, since=36, cluster=True
            ),
            Pattern("impersonate:serviceaccount", "serviceaccounts", _AUTHENTICATION, since=36),
            Pattern(
                "impersonate:arbitrary-node impersonate:associated-node",
                "nodes",
                _AUTHENTICATION,
                since=36,
                cluster=True,
            ),
        ),
        Severity.CRITICAL,
        Severity.HIGH,
        whose=True,
        unseen="The log does not show how often: these verbs are asked about beside requests.",
    ),
    "rbac-token-create": Power(
        "may make tokens of service accounts",
        (Pattern("create", "serviceaccounts/token"),),
        Severity.HIGH,
        Severity.HIGH,
        whose=True,
    ),
    # To sign only stores a certificate, and making one that is trusted takes the CA's key.
    "rbac-csr": Power(
        "may approve certificates that open the API server",
        (
            Pattern(
                "update patch", "certificatesigningrequests/approval", _CERTIFICATES, cluster=True
            ),
            Pattern("approve", "signers", _CERTIFICATES, cluster=True),
        ),
        Severity.HIGH,
        together=True,
        whose=True,
    ),
    "rbac-admission-write": Power(
        "may change or switch off admission",
        (
            Pattern(
                f"{_WRITE} delete deletecollection",
                "validatingwebhookconfigurations mutatingwebhookconfigurations "
                "validatingadmissionpolicies validatingadmissionpolicybindings "
                "mutatingadmissionpolicies mutatingadmissionpolicybindings",
                "admissionregistration.k8s.io",
                cluster=True,
            ),
        ),
        Severity.HIGH,
    ),
    "rbac-pv-create": Power(
        "may make volumes of any folder of a node",
        (Pattern("create", "persistentvolumes", cluster=True),),
        Severity.MEDIUM,
    ),
    # The sub-resources store labels, too: seen on kube-apiserver v1.36.2.
    "rbac-ns-patch": Power(
        "may take Pod Security's labels off",
        (
            Pattern("update patch", "namespaces namespaces/status"),
            Pattern("update", "namespaces/finalize"),
        ),
        Severity.MEDIUM,
        Severity.MEDIUM,
        whose=True,
    ),
}
"""The items whose `evaluate` is `powers.judge`; each file says why, and what is left out."""
