"""Only storage's own programs make volumes.

Bad: `create` on `persistentvolumes`: the new volume may be any folder of a node. What is in a
volume cannot be changed later, so `update` and `patch` are fine, and so are claims. Programs that
make volumes for claims need it: what looks like one is said to.

Source: CIS Kubernetes 5.1.9; kubernetes.io, RBAC Good Practices (Persistent volume creation).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.policy import RBAC
from k8sharden.analysis.rbac.powers import judge
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from remediations.rbac.swap import swap


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each binding that lets somebody make volumes."""
    return judge(ITEM, POWERS["rbac-pv-create"], inventory)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Swap the binding for one to a role without this right, or with what is used."""
    return swap(finding, inventory)


ITEM = Item(
    id="rbac-pv-create",
    title="Only storage's own programs make volumes",
    area=Area.RBAC,
    severity=Severity.MEDIUM,
    kind=ChangeKind.GROUP,
    scope=Scope.CLUSTER,
    needs=RBAC,
    references=(
        Reference("CIS Kubernetes 5.1.9"),
        Reference("MITRE ATT&CK T1611", "https://attack.mitre.org/techniques/T1611/"),
        Reference(
            "Kubernetes: RBAC good practices",
            "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A PersistentVolume says where data lies: a disk of the cloud, an export of a file "
            "server, or a folder of the node. Pods reach it through a claim in their namespace. "
            "Usually a provisioner makes volumes for claims, and people only write claims. This "
            "check finds every binding that lets somebody make the volumes themselves."
        ),
        why=(
            "Pod Security forbids host paths in a pod, and does not follow a claim to its volume. "
            "A volume whose type is hostPath is therefore a way round it: the pod that uses it "
            "looks restricted and holds a folder of the node. A volume that exists already can "
            "be pointed to as well, if one knows what another team's disk is called."
        ),
        attack=(
            "In the training cluster the database keepers restore backups, and may make volumes "
            "for that, by ClusterRoleBinding restore-volumes. Namespace databases enforces "
            "baseline, so no host path is let in there. Mallory, as one of them, makes a volume of "
            "/etc/kubernetes, claims it, and has the next restore like Pod "
            "databases/orders-db-restore-7 mount the claim: it reads the node's keys, and Pod "
            "Security saw only a claim."
        ),
        fix=(
            "The binding is swapped for one to a smaller role: the same rules without making "
            "volumes or, where an audit log was given, only what was used. People go on writing "
            "claims, and a StorageClass with its provisioner makes the volumes. For a restore a "
            "claim can begin as a copy of a snapshot."
        ),
        breaks=(
            "Provisioners that run outside the cluster's own namespaces, storage operators, "
            "backup tools such as Velero that make volumes anew, and people who import an "
            "existing disk by hand. Pods that already have their volume keep it: the harm shows "
            "with the next claim that stays Pending. Watch for those."
        ),
        verify=(
            "`kubectl auth can-i create persistentvolumes --as=anyone --as-group=database-keepers` "
            "says no, and `kubectl auth can-i create persistentvolumeclaims -n databases` with the "
            "same options answers as before. `kubectl get pv -o wide` shows which volumes exist: "
            "look for hostPath and local ones that nobody remembers."
        ),
        reading=(
            Reference(
                "Kubernetes: RBAC good practices",
                "https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
            ),
            Reference(
                "Kubernetes: Persistent volumes",
                "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
