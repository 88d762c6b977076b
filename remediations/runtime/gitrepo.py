"""Volumes that the kubelet fills by cloning a Git repository, as root on the node.

Field: ``volumes[*].gitRepo`` of the pod.
Allowed values: undefined.
Kubelets refuse such pods since Kubernetes 1.33 unless the feature gate GitRepoVolumeDriver is on,
and always since 1.36. The API server still admits them.
Source: KEP-5040; CVE-2024-10220, mended by 1.31; CVE-2025-1767, never mended;
k8s.io/kubernetes v1.36.4, pkg/features.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, judge, repair
from k8sharden.analysis.pod_security.evaluate import LATEST
from k8sharden.analysis.pod_security.policy import minor_of
from k8sharden.analysis.volumes import (
    mounted_unseen,
    named_volumes,
    volume_field,
    volume_path,
    volumes_of,
)
from k8sharden.model.change import Change, ChangeKind, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.text import sentence
from k8sharden.model.workloads import Workload, workloads

_SOURCE = "gitRepo"
_SINCE = (
    (0, "the node clones it as root, and its hooks may run there (CVE-2024-10220)"),
    (31, "the node clones it as root, from other pods' files as well (CVE-2025-1767)"),
    (33, "its pods start only on nodes that switch the driver on again, which clones as root"),
    (36, "kubelets of 1.36 and newer refuse to start its pods"),
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    known = minor_of(inventory.source.server_version)
    minor = LATEST if known is None else known
    means = [words for first, words in _SINCE if first <= minor][-1]
    return judge(ITEM, workloads(inventory), lambda workload: _defect(workload, means))


def _defect(workload: Workload, means: str) -> Defect | None:
    found = volumes_of(workload, _SOURCE)
    if not found:
        return None
    names = [each.volume.name for each in found]
    many = "are Git repositories" if names[1:] else "is a Git repository"
    return Defect(
        f"{sentence(named_volumes(found))} {many}: {means}.",
        volume_field(workload, found[0], _SOURCE),
        evidence={"volumes": names},
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    found = volumes_of(workload, _SOURCE)
    used = [each for each in found if not each.is_unused]
    if used:
        return NoChange(
            f"For {named_volumes(used)}, mount an emptyDir and fill it with an init container "
            "that runs git clone (with git-sync beside the program to follow the branch), or "
            "build the files into the image."
        )
    return mounted_unseen(workload, found, inventory) or Fix(
        f"Take volumes that nobody mounts from {workload.ref.label}",
        tuple(RemoveField(volume_path(workload, each)) for each in found),
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A gitRepo volume names a repository, and the kubelet cloned it into the pod before the "
        "containers started, by running git on the node as root. It has been deprecated for "
        "years. Since Kubernetes 1.33 kubelets refuse such pods unless an administrator switches "
        "the driver on again, and from 1.36 on they refuse them in any case, though the API server "
        "goes on accepting the field."
    ),
    why=(
        "A repository is not only files: hooks make git run programs. As git ran on the node, "
        "whoever could create a pod could run their own as root there, until that was mended in "
        "2024 (CVE-2024-10220), and can still copy the repositories of other pods "
        "(CVE-2025-1767). Where kubelets refuse it the danger is another one: the workload looks "
        "right in every listing, and never starts again once its pod is gone."
    ),
    attack=(
        "On the old cluster, somebody who may change CronJob ci/workspace-cleanup points its "
        "volume to a repository of their own, whose folder of hooks the clone takes for its own. "
        "At five on Sunday the kubelet clones it, and the hook runs as root on worker-1, "
        "outside of any container. On this cluster, 1.36, the job does not start at all: for weeks "
        "nobody cleans the workspaces, until the disks are full."
    ),
    fix=(
        "There is no patch, since an init container needs an image with git and, mostly, "
        "credentials that only you can choose. Give the pod an emptyDir, an init container that "
        "clones into it as an ordinary user with `git clone --depth 1`, and mount it read-only in "
        "the program's container. Files that change with releases only belong in the image. A "
        "volume that no container mounts is taken away."
    ),
    breaks=(
        "The clone now runs in the pod: it needs a way through the NetworkPolicies to the Git "
        "server, DNS, and a Secret where the repository is not public. The files belong to the "
        "init container's user, so give both containers the same user or an fsGroup. A start "
        "fails when the Git server is away, as it did before."
    ),
    verify=(
        "`kubectl -n ci create job --from=cronjob/workspace-cleanup try`, then `kubectl -n ci "
        "logs job/try --all-containers` shows the clone and the program's output. `kubectl -n ci "
        "get cronjob workspace-cleanup -o jsonpath='{..gitRepo}'` prints nothing. Delete the job "
        "`try`."
    ),
    reading=(
        Reference("KEP-5040", "https://www.kubernetes.dev/resources/keps/5040/"),
        Reference("Volumes: gitRepo", f"{_DOCS}/concepts/storage/volumes/#gitrepo"),
        Reference(
            "CVE-2024-10220 in Kubernetes' own list",
            "https://github.com/kubernetes/kubernetes/issues/128885",
        ),
    ),
)

ITEM = Item(
    id="rt-gitrepo",
    title="No volume is cloned from Git by the node",
    area=Area.RUNTIME,
    severity=Severity.HIGH,
    kind=ChangeKind.ADVICE,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("KEP-5040", "https://www.kubernetes.dev/resources/keps/5040/"),
        Reference("CVE-2024-10220, CVE-2025-1767"),
        Reference(
            "Pod Security Standards: restricted",
            f"{_DOCS}/concepts/security/pod-security-standards/#restricted",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
