"""How the API server comes to keep an audit log, for each distribution.

Source: kubernetes.io, Auditing; the documentation of k3s, RKE2, EKS, GKE and AKS. An audit policy
is a file for the API server and no object of the API: it can never be applied with kubectl.
"""

from k8sharden.analysis.runbooks import static_pod
from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.analysis.runbooks.providers import Commands, Providers
from k8sharden.analysis.runbooks.static_pod import NO_ANSWER, RECOVERY, TWO_SERVERS, Mount
from k8sharden.model.change import File

_POLICY = "/etc/kubernetes/audit/policy.yaml"
_LOGS = "/var/log/kubernetes/audit"

POLICY = """\
# The first rule that fits decides. The order: noise, secrets, power, everything else.
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
# Components that look at the same things all day. Only reading is left out.
- level: None
  users: ["system:kube-proxy"]
  verbs: [watch]
  resources:
  - group: ""
    resources: [endpoints, services, services/status]
  - group: discovery.k8s.io
    resources: [endpointslices]
- level: None
  verbs: [get, list, watch, update, patch]
  resources:
  - group: coordination.k8s.io
    resources: [leases]
- level: None
  verbs: [get]
  nonResourceURLs: ["/healthz*", "/livez*", "/readyz*", "/version"]
# Who touched secrets and when, never what was in them: bodies would copy them into the log.
- level: Metadata
  resources:
  - group: ""
    resources: [secrets, configmaps, serviceaccounts/token]
  - group: authentication.k8s.io
    resources: [tokenreviews]
# Ways into a running pod or past the API server. The reading verbs count: exec is a GET too.
- level: Metadata
  resources:
  - group: ""
    resources: [pods/exec, pods/attach, pods/portforward, pods/proxy, services/proxy, nodes/proxy]
# What changes power or runs code, with the whole request.
- level: Request
  verbs: [create, update, patch, delete, deletecollection]
  resources:
  - group: rbac.authorization.k8s.io
  - group: admissionregistration.k8s.io
  - group: networking.k8s.io
  - group: certificates.k8s.io
  - group: ""
    resources: [pods, pods/ephemeralcontainers, serviceaccounts, namespaces]
  - group: apps
  - group: batch
# Everything else: who, what, when.
- level: Metadata
"""

_FLAGS = {
    "audit-policy-file": _POLICY,
    "audit-log-path": f"{_LOGS}/audit.log",
    "audit-log-maxage": "30",
    "audit-log-maxbackup": "10",
    "audit-log-maxsize": "100",
}
_FULL = (
    "The disk fills",
    (
        "The log takes up to 1.1 GB per node (ten files of 100 MB and the current one): lower "
        "`audit-log-maxbackup`, or give the folder a file system of its own."
    ),
)
_SHIP = (
    "Send the log off the node (a log agent on the control-plane nodes, or an audit webhook): "
    "whoever owns a node can rewrite the file."
)


def files(distribution: str) -> tuple[File, ...]:
    """Return the artefact for a distribution; what is not known gets the kubeadm way to adapt."""
    distribution = distribution.lower()
    if commands := _PROVIDERS.of(distribution):
        return (_provider(distribution, commands).file(),)
    if distribution in ("k3s", "rke2"):
        return _rancher(distribution)
    mounts = (
        Mount("audit-policy", _POLICY, "File"),
        Mount("audit-logs", _LOGS, "DirectoryOrCreate", read_only=False),
    )
    return (
        File("audit-policy.yaml", POLICY),
        *static_pod.files(_FLAGS, mounts),
        _static(distribution).file(),
    )


def _static(distribution: str) -> Runbook:
    adapt = (
        ""
        if distribution in ("kubeadm", "kind")
        else " How this cluster was installed is not known: look up where its API server takes its "
        "flags from, and adapt the paths."
    )
    return Runbook(
        "Keep an audit log",
        "The API server records who did what: a line of JSON for each request that the policy "
        f"does not leave out.{adapt}",
        (
            "Put the policy on each control-plane node. The mount is of type File: if it is "
            "missing, the API server does not start."
            + shell(
                f"install -D -m 0600 audit-policy.yaml {_POLICY}", f"install -d -m 0700 {_LOGS}"
            ),
            *static_pod.install(
                "audit", "audit-policy-file", "Each needs its own copy of the policy."
            ),
            _SHIP,
        ),
        "The counter grows, and a marker shows in the log of one of the nodes. Then scan again."
        + shell(
            "kubectl get --raw /metrics | grep '^apiserver_audit_event_total'",
            "kubectl get configmap audit-marker --ignore-not-found -n default",
            f"grep -h audit-marker {_LOGS}/audit.log",
        ),
        f"{static_pod.roll_back('audit')} The log stays where it is.",
        (
            RECOVERY,
            NO_ANSWER,
            TWO_SERVERS,
            _FULL,
            (
                "The API server needs much more memory",
                "Somebody raised a busy rule to RequestResponse: go back to Metadata.",
            ),
            (
                "`unknown field` in the API server's log",
                "The policy is read strictly: restore the file as it was exported.",
            ),
        ),
    )


def _rancher(name: str) -> tuple[File, ...]:
    home = f"/var/lib/rancher/{name}/server"
    if name == "k3s":
        logs = {**_FLAGS, "audit-policy-file": f"{home}/audit.yaml"}
        logs["audit-log-path"] = f"{home}/logs/audit.log"
        lines = "".join(f"- {flag}={value}\n" for flag, value in logs.items())
        config, policy = f"kube-apiserver-arg:\n{lines}", f"{home}/audit.yaml"
    else:
        policy = "/etc/rancher/rke2/audit-policy.yaml"
        config = f"audit-policy-file: {policy}\n"
    runbook = Runbook(
        f"Keep an audit log in {name}",
        f"{name} hands the policy to the API server it contains. "
        + (
            "Its `profile: cis` sets the flags, with a policy that records nothing."
            * (name == "rke2")
        ),
        (
            "Put the policy on every server node:"
            + shell(
                f"install -D -m 0600 audit-policy.yaml {policy}",
                f"install -d -m 0700 {home}/logs",
            ),
            f"Merge `config.yaml` into `/etc/rancher/{name}/config.yaml` on every server node.",
            "Restart the servers one by one, and wait until each is Ready:"
            + shell(f"systemctl restart {'k3s' if name == 'k3s' else 'rke2-server'}"),
            _SHIP,
        ),
        f"`tail -n1 {home}/logs/audit.log` shows a request of a moment ago. Then scan again.",
        f"Take the lines out of `/etc/rancher/{name}/config.yaml` and restart the servers.",
        (
            ("The service does not start", "`journalctl -u` says why: a wrong path, usually."),
            _FULL,
        ),
    )
    head = f"# For /etc/rancher/{name}/config.yaml on every server node: merge this in.\n"
    return File("audit-policy.yaml", POLICY), File("config.yaml", head + config), runbook.file()


_COMMANDS = {
    "eks": Commands(
        "aws eks describe-cluster --name CLUSTER --query cluster.logging",
        (
            'aws eks update-cluster-config --name CLUSTER --logging \'{"clusterLogging":'
            '[{"types":["api","audit","authenticator"],"enabled":true}]}\''
        ),
    ),
    "gke": Commands(
        "gcloud projects get-iam-policy PROJECT --format='yaml(auditConfigs)'",
        (
            "gcloud projects set-iam-policy PROJECT policy.yaml  # with ADMIN_READ, DATA_READ and "
            "DATA_WRITE for k8s.io in auditConfigs"
        ),
    ),
    "aks": Commands(
        "az monitor diagnostic-settings list --resource CLUSTER_ID",
        (
            "az monitor diagnostic-settings create --name audit --resource CLUSTER_ID --workspace "
            'WORKSPACE_ID --logs \'[{"category":"kube-audit-admin","enabled":true}]\''
        ),
    ),
}
_PROVIDERS = Providers(_COMMANDS)
ask = _PROVIDERS.ask
"""Returns the provider's command that tells what cannot be seen, for a distribution."""


def _provider(name: str, commands: Commands) -> Runbook:
    notes = {
        "gke": " Admin activity is always logged; data access (who read what) is not.",
        "aks": " The category kube-audit holds every read as well, and costs accordingly.",
    }
    return Runbook(
        f"Keep an audit log in {name.upper()}",
        "The provider runs the API server and its audit policy. What you decide is whether the log "
        f"reaches you, and for how long it is kept.{notes.get(name, '')}",
        (
            "Ask:" + shell(commands.look),
            "If the answer does not show audit logs, switch them on:" + shell(commands.change),
            "Set how long the log is kept, and who may read it.",
        ),
        "Read an object of your own name, then find that request in the provider's log explorer.",
        "The same command, with the logs disabled.",
        (
            ("No entries appear", "It takes minutes at first; then check the account's rights."),
            ("The bill grows", "Keep a shorter time, or leave out reads."),
        ),
    )
