"""Privileged containers: root on the node in all but name, with every device and no confinement.

Field: ``securityContext.privileged`` of every init, main and ephemeral container.
Allowed values: ``false``, undefined.
The fix takes the field away where nothing in the manifest shows that the container works on the
node; `k8sharden.analysis.node_access` says what would show it.
Source: Pod Security Standards, baseline, "Privileged Containers"; CIS Kubernetes Benchmark 5.2.2.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, field_of, named, offenders
from k8sharden.analysis.node_access import privileged_doubt, unprivileged, why_on_node
from k8sharden.analysis.node_agents import excuse, one_step_down
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import privileged
from k8sharden.analysis.pod_security.refusals import at_fault, refused
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.workloads import Workload


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (privileged.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    milder = excuse(workload, found)
    return Defect(
        f"Whoever gets into {named(found)} is root on the node: privileged is true.{milder}",
        field_of(workload, found[0], "securityContext.privileged"),
        found,
        one_step_down(ITEM.severity) if milder else None,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    bad = offenders(workload, lambda container: bool(container.security.privileged))
    mine = [seen for seen in bad if not seen.is_ephemeral]
    reason = why_on_node(workload, mine)
    if reason:
        return reason
    edits = tuple(edit for seen in mine for edit in unprivileged(workload, seen))
    return Fix(
        f"Take the node's privileges from {workload.ref.label}", edits, (privileged_doubt(mine),)
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A container is an ordinary process behind some walls: few capabilities, no devices, a "
        "filter for system calls, masked parts of /proc and /sys. privileged: true takes all of "
        "them down at once for that container. What is left is a process of the node with another "
        "view of the file system, and that view can be changed: the node's disks are there as "
        "devices, ready to be mounted."
    ),
    why=(
        "Whoever runs code in a privileged container owns the node, and with it every pod there: "
        "their tokens, their Secrets, their traffic. No exploit is needed, two shell commands do. "
        "And it spreads: the node's own credentials open the next step into the cluster. The flag "
        "is often a leftover from an afternoon in which something did not work, and it was the "
        "first thing that helped."
    ),
    attack=(
        "Deployment payments/fraud-screen scores orders with a model, and runs privileged since "
        "somebody tried a graphics card. The attacker sends a crafted model file and gets a "
        "shell. `mount /dev/sda1 /mnt` shows the disk of worker-2; under "
        "/mnt/var/lib/kubelet/pods lie the tokens of every pod on it, and a line in the node's "
        "crontab keeps the door open. Without the flag there is no device to mount."
    ),
    fix=(
        "The pod template loses privileged: true in each container that has it, init containers "
        "too, and a rolling update replaces the pods. That is done only where nothing in the "
        "manifest shows a need: no folder of the node, none of its namespaces, no block device, no "
        "mount handed back, no program that mounts or loads modules, no agent known by image and "
        "name. Otherwise what shows the need is named, and nothing is changed."
    ),
    breaks=(
        "Whatever really used the node: programs that mount, load modules, set kernel parameters "
        "or open devices. They fail with 'operation not permitted' or 'permission denied', mostly "
        "at start. Then ask for that one thing: a single capability, a device plugin for a "
        "graphics card, a safe sysctl of the pod. A builder of images can do without the flag "
        "with rootless BuildKit or Buildah."
    ),
    verify=(
        "`kubectl -n payments rollout status deployment/fraud-screen`, then `kubectl -n payments "
        "exec deploy/fraud-screen -- grep CapEff /proc/1/status`: 00000000a80425fb is the "
        "runtime's usual set, 000001ffffffffff is everything. `kubectl get pods -A -o "
        "jsonpath='{..securityContext.privileged}'` prints one word for each container that asks. "
        "Watch logs and restarts for some minutes."
    ),
    reading=(
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Linux kernel security constraints: privileged containers",
            f"{_DOCS}/concepts/security/linux-kernel-security-constraints/#privileged-containers",
        ),
        Reference("ATT&CK T1611: Escape to Host", "https://attack.mitre.org/techniques/T1611/"),
    ),
)

ITEM = Item(
    id="pss-privileged",
    title="Containers are not privileged",
    area=Area.POD_SECURITY,
    severity=Severity.CRITICAL,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.2"),
        Reference("ATT&CK T1611"),
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
