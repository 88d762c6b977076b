"""Running pods that somebody put a debug container into, which is still there.

Field: ``spec.ephemeralContainers`` of a pod. They are added to a running pod (``kubectl debug``),
and the API lets nobody take one out again or change it; only the end of the pod ends it.
Good: none. One that has ended runs nothing any more, yet its pod is no longer what its template
says, and whoever may use the subresource can add another.
Source: Kubernetes documentation, "Ephemeral Containers", "Debug Running Pods".
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import SYSTEM
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import PODS
from k8sharden.model.objects import Pod
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import pods_of


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    for owner, pods in pods_of(inventory).items():
        for pod in pods:
            if pod.spec.ephemeral_containers:
                yield _finding(owner, pod)


def _finding(owner: Ref, pod: Pod) -> Finding:
    """Return the finding on the pod itself: its owner's template is not to blame."""
    names = [container.name for container in pod.spec.ephemeral_containers or ()]
    ended = _ended(pod)
    shown = [f"{name} ({'ended' if name in ended else 'not ended'})" for name in names]
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        Status.FAIL,
        PODS.ref(pod.namespace, pod.name),
        "Left in this running pod: debug "
        f"container{'s' if len(names) > 1 else ''} {one_line(', '.join(shown), 200)}.",
        path="spec.ephemeralContainers",
        evidence={
            "containers": names,
            "running": [name for name in names if name not in ended],
            "images": [container.image for container in pod.spec.ephemeral_containers or ()],
            "owner": owner.label,
        },
        system=is_system_namespace(pod.namespace),
    )


def _ended(pod: Pod) -> frozenset[str]:
    statuses = pod.status.ephemeral_container_statuses if pod.status else None
    return frozenset(
        each.name for each in statuses or () if each.state and each.state.terminated is not None
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:  # noqa: ARG001 - the shape of every item
    if found.system:
        return NoChange(SYSTEM)
    where, name = one_line(found.resource.namespace, 70), one_line(found.resource.name, 260)
    owner = str(found.evidence.get("owner", ""))
    anew = (
        "nobody makes it anew, so create it again from its source"
        if owner == found.resource.label
        else f"{one_line(owner, 200)} makes a clean one"
    )
    return NoChange(
        "Nothing takes an ephemeral container out of a pod. Once whoever debugs is done: "
        f"`kubectl -n {where} delete pod {name}`; {anew}."
    )


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "An ephemeral container is one that joins a pod while it runs: `kubectl debug` adds it, "
        "with an image of its own full of tools, so that a program without a shell can be looked "
        "into. It shares the pod's network and, if asked, the processes of another container. It "
        "cannot be changed or taken out again; it is there until the pod is deleted."
    ),
    why=(
        "What was brought in to look is what an intruder would like to find: a shell, packet "
        "capture, often more capabilities than the program beside it, and an image that no "
        "policy of the application asked for. Left behind, it makes the pod differ from its "
        "template without anybody noticing. And somebody's debug session looks just like an "
        "attack that uses the same call, so each should have a reason."
    ),
    attack=(
        "Last year somebody debugged Pod legacy/ftp-bridge with a network toolbox and went home. "
        "Mallory gets a shell in the ftp program, sees no tools there, and finds that the toolbox "
        "shares its network: she asks the debug container, which still runs with SYS_PTRACE, for "
        "a packet capture, and reads the publishers' passwords as they go by. Without the "
        "leftover she would have had to bring her tools past everybody."
    ),
    fix=(
        "Ask who is debugging, and whether they are done. Then delete the pod: its controller "
        "makes a new one from the template, without the guest. A pod that nobody owns is created "
        "again from its source, or better becomes a Deployment. Who may add such containers is a "
        "right of its own, pods/ephemeralcontainers: give it to few."
    ),
    breaks=(
        "Deleting a pod ends what it serves just now, and whatever it keeps in memory or in an "
        "emptyDir is gone; with one replica there is a gap until the next is ready. Somebody "
        "may be in the middle of an investigation: the pod is evidence then, so copy its logs "
        "and what the debugger found before you delete it."
    ),
    verify=(
        "`kubectl get pods -A -o jsonpath='{range .items[?(@.spec.ephemeralContainers)]}"
        '{.metadata.namespace}/{.metadata.name}{"\\n"}{end}\'` prints nothing. The audit log '
        "names who used pods/ephemeralcontainers: `kubectl auth can-i patch "
        "pods/ephemeralcontainers --as USER` says who still may."
    ),
    reading=(
        Reference("Ephemeral containers", f"{_DOCS}/concepts/workloads/pods/ephemeral-containers/"),
        Reference(
            "Debug running pods", f"{_DOCS}/tasks/debug/debug-application/debug-running-pod/"
        ),
    ),
)

ITEM = Item(
    id="rt-debug-left",
    title="No debug container is left in a pod",
    area=Area.RUNTIME,
    severity=Severity.LOW,
    kind=ChangeKind.ADVICE,
    scope=Scope.EACH,
    needs=(PODS,),
    references=(
        Reference(
            "Kubernetes: ephemeral containers",
            f"{_DOCS}/concepts/workloads/pods/ephemeral-containers/",
        ),
        Reference(
            "MITRE ATT&CK T1609, Container Administration Command",
            "https://attack.mitre.org/techniques/T1609/",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
