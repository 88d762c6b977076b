"""Windows pods that run as processes of their node.

Field: ``securityContext.windowsOptions.hostProcess`` of the pod and of every container.
Allowed values: ``false``, undefined.
The API server wants every container of such a pod to be one, and the pod in its node's network.
Only a pod that its node selector keeps on Linux, where the field means nothing, is changed by
itself: everything else was made to work on the node, so its maker has to say what it needs.
Source: Pod Security Standards, baseline, "HostProcess"; CIS Kubernetes 5.2.10; Kubernetes
documentation, "Create a Windows HostProcess Pod"; k8s.io/kubernetes v1.36, its validation.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, named, path_of, repair
from k8sharden.analysis.host_access import exception
from k8sharden.analysis.node_agents import excuse, one_step_down
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import windows_host_process
from k8sharden.analysis.pod_security.refusals import at_fault, field_at_fault, refused
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import WindowsOptions, visit_containers
from k8sharden.model.text import sentence
from k8sharden.model.workloads import Workload

_STEPS = ("securityContext", "windowsOptions", "hostProcess")
_ADVICE = (
    "Only its maker knows whether it has to be a process of the node. If not, leave out "
    "hostProcess and hostNetwork and run it as ContainerUser; if so, give it a namespace of its "
    "own, with enforce: privileged as a stated exception."
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (windows_host_process.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    milder = excuse(workload, visit_containers(workload.spec))
    runs = "run" if found[1:] else "runs"
    who = sentence(named(found)) if found else "The pod"
    return Defect(
        f"{who} {runs} on the Windows node itself, as an administrator may.{milder}",
        field_at_fault(workload, refusal, ".".join(_STEPS)),
        found,
        one_step_down(ITEM.severity) if milder else None,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    if (workload.spec.node_selector or {}).get("kubernetes.io/os") != "linux":
        return NoChange(exception(workload) or _ADVICE)
    return Fix(f"Take a Windows option from {workload.ref.label}", tuple(_edits(workload)))


def _edits(workload: Workload) -> Iterator[Edit]:
    if _is_host_process(workload.spec.security.windows_options):
        yield RemoveField((*workload.path, *_STEPS))
    for seen in visit_containers(workload.spec):
        own = _is_host_process(seen.container.security.windows_options)
        if own and not seen.is_ephemeral:
            yield RemoveField(path_of(workload, seen, *_STEPS))


def _is_host_process(options: WindowsOptions | None) -> bool:
    return options is not None and bool(options.host_process)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "On Windows, hostProcess: true runs a container as a plain process of the node: with the "
        "node's files, its network, its registry and its services, under an account such as NT "
        "AUTHORITY\\SYSTEM. Nothing of a container is left but the image that the program came "
        "in. It is how network plugins and storage drivers reach a Windows node, since Windows has "
        "no privileged containers."
    ),
    why=(
        "There is no boundary to break: whoever runs code in such a pod is on the node, often as "
        "its highest account. From there the credentials of the kubelet and of every pod there can "
        "be read, and where the node is a member of a domain, what it may do there as well. A "
        "program that was ported from a server by way of this switch brings all its old faults to "
        "the node."
    ),
    attack=(
        "StatefulSet legacy/print-queue runs as SYSTEM on windows-1, because the printer drivers "
        "once would not load otherwise. A crafted document makes the old spooler run a command. "
        "That command is not in a container: it adds an account on windows-1, reads the kubelet's "
        "certificate from C:\\var\\lib\\kubelet, and asks the API server for the Secrets of all "
        "pods of that node. The print job comes out clean."
    ),
    fix=(
        "Where a node selector keeps the pod on Linux, the field means nothing and is taken out. "
        "Everywhere else you get advice: agents of the nodes stay what they are, in a namespace "
        "of their own that says so; a program of your own goes back into a container, without "
        "hostProcess and hostNetwork, as ContainerUser, with its folders as volumes."
    ),
    breaks=(
        "On Linux nothing changes but one restart. Off the node, a Windows program misses what it "
        "took from there: drivers, services, registry keys, shares of the domain, paths such as "
        "C:\\ProgramData that were the node's. Its address becomes the pod's own. Try it on one "
        "Windows node with one replica before you change the rest."
    ),
    verify=(
        "`kubectl -n legacy get sts print-queue -o jsonpath='{..hostProcess}'` prints nothing. "
        "`kubectl -n legacy exec print-queue-0 -- cmd /c whoami` names a container's account, and "
        "`… -- cmd /c dir C:\\` shows the image's disk instead of the node's. Print one page."
    ),
    reading=(
        Reference(
            "Create a Windows HostProcess Pod",
            f"{_DOCS}/tasks/configure-pod-container/create-hostprocess-pod/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "MITRE ATT&CK T1611, Escape to Host", "https://attack.mitre.org/techniques/T1611/"
        ),
    ),
)

ITEM = Item(
    id="pss-windows-host-process",
    title="Windows pods stay in their containers",
    area=Area.POD_SECURITY,
    severity=Severity.CRITICAL,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.10"),
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
        Reference("MITRE ATT&CK T1611", "https://attack.mitre.org/techniques/T1611/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
