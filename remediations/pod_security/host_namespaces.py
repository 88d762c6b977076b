"""Pods that share their node's network, processes or IPC.

Fields: ``hostNetwork``, ``hostPID``, ``hostIPC`` of the pod.
Allowed values: ``false``, undefined.
The fix takes the fields away, and the loopback from probes, which was the pod's own only in the
node's network. A ``hostPort`` that stands beside ``hostNetwork`` stays, since it
keeps the node's port until `pss-host-ports` is answered; a ``dnsPolicy`` of
ClusterFirstWithHostNet stays as well, since it means ClusterFirst without the node's network.
Source: Pod Security Standards, baseline, "Host Namespaces"; CIS Kubernetes 5.2.3 to 5.2.5.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, pod_field, repair
from k8sharden.analysis.host_access import (
    IPC,
    NETWORK,
    PROCESSES,
    WARNINGS,
    apart,
    shared_namespaces,
    why_shared,
)
from k8sharden.analysis.node_agents import excuse, one_step_down
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import host_namespaces
from k8sharden.analysis.pod_security.refusals import refused
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload

_WORDS = {NETWORK: "network", PROCESSES: "processes", IPC: "IPC"}


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (host_namespaces.CONTROL,), _defect)


def _defect(workload: Workload, _refusal: Refusal) -> Defect:
    shared = shared_namespaces(workload)
    severity = Severity.HIGH if shared == (NETWORK,) else Severity.CRITICAL
    milder = excuse(workload, visit_containers(workload.spec))
    return Defect(
        f"Its pods share the node's {_listed([_WORDS[field] for field in shared])}.{milder}",
        pod_field(workload, shared[0]),
        severity=one_step_down(severity) if milder else severity,
        evidence={"fields": list(shared)},
    )


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    needed = why_shared(workload)
    if needed:
        return NoChange(needed)
    shared = shared_namespaces(workload)
    return Fix(
        f"Give {workload.ref.label} namespaces of its own",
        tuple(apart(workload, shared)),
        tuple(WARNINGS[field] for field in shared),
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Linux keeps containers apart with namespaces: each pod has its own network, its own "
        "numbering of processes and its own shared memory. hostNetwork, hostPID and hostIPC put "
        "the pod back into the node's. Then 127.0.0.1 is the node itself, `ps` lists every "
        "process of the node, and shared memory segments of other programs can be opened. The "
        "baseline level of the Pod Security Standards refuses all three."
    ),
    why=(
        "The node's loopback is where programs listen that trust whoever reaches them, and no "
        "NetworkPolicy holds for a pod in the node's network. With the node's processes in view, "
        "their command lines and environments can be read, tokens included, and they can be "
        "stopped. Root in such a pod with one more right, such as SYS_PTRACE, is root on the node. "
        "Agents of the node need this; applications almost never do."
    ),
    attack=(
        "Deployment ci/runner shares worker-1's network, because a build once went faster that "
        "way. A pull request brings a test that asks 127.0.0.1 instead of its own code: it finds "
        "the node's debug ports, and listens to what passes the node's interface. The "
        "NetworkPolicies that are to keep ci away from payments do not hold, since to the network "
        "this is the node talking. The test prints what it found and passes."
    ),
    fix=(
        "The fields are taken out of the pod template, so that the pods get namespaces of their "
        "own; probes of 127.0.0.1 then ask the pod. That is proposed only where nothing shows a "
        "need: a known agent of the nodes, a command that enters the node with nsenter, a "
        "capability to trace processes or to set up networks, a DaemonSet on ports 80 and 443. "
        "Those keep the field and get the reason, with a namespace of their own as the way out."
    ),
    breaks=(
        "Whoever reaches the pod at the node's address finds nothing there and needs a Service. A "
        "program that speaks to another one on the node over 127.0.0.1 no longer does. "
        "NetworkPolicies begin to hold, also those that deny. Names are resolved by the "
        "cluster's DNS instead of the node's, unless dnsPolicy said so already. Tools that watch "
        "or signal processes of the node stop working."
    ),
    verify=(
        "`kubectl -n ci rollout status deployment/runner`, then `kubectl -n ci get pods -o wide`: "
        "the pods' addresses are no longer the nodes'. `kubectl -n ci get deploy runner -o "
        "jsonpath='{.spec.template.spec.hostNetwork}'` prints nothing. Follow one real use of the "
        "program from its clients to its databases."
    ),
    reading=(
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Share the processes of one pod's containers",
            f"{_DOCS}/tasks/configure-pod-container/share-process-namespace/",
        ),
        Reference(
            "MITRE ATT&CK T1611, Escape to Host", "https://attack.mitre.org/techniques/T1611/"
        ),
    ),
)

ITEM = Item(
    id="pss-host-namespaces",
    title="Pods keep out of their node's namespaces",
    area=Area.POD_SECURITY,
    severity=Severity.CRITICAL,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.3, 5.2.4, 5.2.5"),
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
