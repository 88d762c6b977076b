"""Secrets are encrypted before they reach etcd.

Bad: an API server without `--encryption-provider-config`, or with one whose first provider is
`identity`, so that Secrets are written in plain text. Proven good: no API server that was seen
lacks the flag, and its metrics count encrypted writes of Secrets and no plain ones. EKS encrypts
since 1.28. All else is unknown: a flag alone shows a file name, and a managed control
plane shows nothing.

Source: CIS Kubernetes 1.2.27; kubernetes.io, Encrypting Confidential Data at Rest.
"""

from collections.abc import Iterator

from k8sharden.analysis.control_plane import encryption
from k8sharden.analysis.runbooks import encryption as runbook
from k8sharden.analysis.runbooks.artefact import artefact, to_know
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope

# The cluster's identity is this namespace's uid; a pod or node may be another one next time.
_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for the cluster, unless encryption is proven."""
    verdict = encryption(inventory)
    if verdict.status is Status.PASS:
        return
    secrets = inventory.entry(kinds.SECRETS)
    count = len(inventory.of(kinds.SECRETS, o.Object)) if secrets.complete else None
    message = verdict.reason
    if verdict.status is Status.UNKNOWN:
        message = " ".join((message, *to_know(inventory, runbook.ask)))
    elif count:
        message += f" Secrets at stake: {count}."
    yield _finding(verdict.status, message, {**verdict.evidence, "secrets": count})
    if count is None:
        permission = secrets.permission or "list secrets"
        yield _finding(
            Status.UNKNOWN,
            f"How many Secrets are at stake is not known: allow to {permission} (metadata is "
            "all that is read).",
            {"secrets": None},
            locus="secrets",
        )


def _finding(status: Status, message: str, evidence: dict[str, object], locus: str = "") -> Finding:
    return Finding(
        ITEM.id,
        Area.SECRETS,
        Severity.HIGH,
        status,
        _CLUSTER,
        message,
        locus=locus,
        evidence=evidence,
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Export the files and the runbook for this distribution."""
    warning = "Who loses the key loses every Secret: keep a copy of it where backups are kept."
    return artefact(
        finding, inventory, "Encrypt Secrets in etcd", runbook.ask, runbook.files, warning
    )


ITEM = Item(
    id="sec-etcd-plain",
    title="Secrets are encrypted in etcd",
    area=Area.SECRETS,
    severity=Severity.HIGH,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CONTROL_PLANE,
    needs=(kinds.SECRETS,),
    references=(
        Reference("CIS Kubernetes 1.2.27"),
        Reference(
            "Kubernetes: encrypting confidential data at rest",
            "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
        ),
    ),
    lesson=Lesson(
        what=(
            "The API server keeps every object in the database etcd. Without an encryption "
            "configuration it writes Secrets there as they are; base64, which kubectl shows, is "
            "another spelling and no protection. With one, the first provider in the list encrypts "
            "each Secret before it is stored, and all providers in the list can read."
        ),
        why=(
            "RBAC guards the API, and etcd lies behind the API. Whoever holds a disk of a "
            "control-plane node, a snapshot in a bucket or an old virtual machine image reads all "
            "passwords, tokens and TLS keys, without asking anybody and without a trace in any "
            "log. Backups travel further and live longer than clusters do."
        ),
        attack=(
            "Node control-plane-1 runs static pod kube-apiserver-control-plane-1 without an "
            "encryption configuration. Every night a job copies an etcd snapshot to a storage "
            "bucket. Mallory finds the bucket's read key in an old wiki page, downloads one file "
            "and runs strings on it. Between the JSON of the shop's pods stands the password of "
            "StatefulSet payments/ledger. No request ever reached the cluster."
        ),
        fix=(
            "A key is made on the node, never in a repository. The API server gets a flag and a "
            "mounted file that names the provider secretbox first and identity, which is plain "
            "text, second, so that old Secrets can still be read. Each API server restarts, one "
            "after the other. Then every Secret is written anew, and at last identity goes."
        ),
        breaks=(
            "A wrong path or an invalid key keeps the API server from starting: change one node at "
            "a time and keep the copy of its manifest at hand. API servers with different keys "
            "answer differently. Lose the key and every Secret is lost with it, in backups as "
            "well. Pods and their mounted Secrets do not notice anything."
        ),
        verify=(
            "Write a Secret and read it straight from etcd: etcdctl get "
            "/registry/secrets/default/encryption-check must begin with k8s:enc:secretbox:v1. "
            "From the API, the metric apiserver_storage_transformation_operations_total with "
            "resource secrets and type to_storage counts writes under that prefix. Scan again: the "
            "check must pass."
        ),
        reading=(
            Reference(
                "Kubernetes: encrypting confidential data at rest",
                "https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/",
            ),
            Reference(
                "Kubernetes: using a KMS provider",
                "https://kubernetes.io/docs/tasks/administer-cluster/kms-provider/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
)
