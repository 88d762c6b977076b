"""Containers that keep capabilities, although ordinary services need none.

Fields: ``securityContext.capabilities.drop`` of every init, main and ephemeral container, which
must hold ``ALL``, and ``securityContext.capabilities.add``.
Allowed values of ``add``: undefined, empty, NET_BIND_SERVICE.
What the baseline standard forbids already is found by ``pss-capabilities-baseline``: a container
that drops ALL and only adds such names has one defect, and one finding.
Source: Pod Security Standards, restricted, "Capabilities"; CIS Kubernetes Benchmark 5.2.8 and
5.2.9.
"""

from collections.abc import Iterator

from k8sharden.analysis.capability_fixes import keeps_usual, take_all
from k8sharden.analysis.containers import Defect, Fix, field_of, named
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import capabilities_restricted
from k8sharden.analysis.pod_security.refusals import at_fault, refused
from k8sharden.analysis.windows import lacks_os, os_unsaid, repair_linux
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.workloads import Workload


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (capabilities_restricted.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect | None:
    found = tuple(seen for seen in at_fault(workload, refusal) if keeps_usual(seen.container))
    if not found:
        return None
    if lacks_os(workload):
        return os_unsaid(workload, found)
    return Defect(
        f"Powers of root are left to {named(found)}: capabilities are not dropped (ALL).",
        field_of(workload, found[0], "securityContext.capabilities"),
        found,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    return take_all(workload, inventory, f"Drop the capabilities of {workload.ref.label}")


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "Linux cuts the power of root into capabilities, and container runtimes leave a dozen of "
        "them to every container: changing owners and modes of files, becoming another user, "
        "killing others' processes, binding low ports, sending raw packets. A service that "
        "listens on a high port and reads its own files needs none. capabilities.drop: [ALL] "
        "takes them, and NET_BIND_SERVICE is the only one that the standard lets you add back."
    ),
    why=(
        "What is left lying about gets used. With CHOWN, DAC_OVERRIDE and SETUID a process that "
        "is root in its container reads what belongs to other users in a shared volume and "
        "becomes any of them; with NET_RAW it forges packets to its neighbours; MKNOD and "
        "SETFCAP have helped exploits along. Dropping all of them turns root into a user "
        "with a special name, and costs one line."
    ),
    attack=(
        "In Deployment shop/web the init container migrate says nothing about its user, so it "
        "runs as root with the usual capabilities. A poisoned migration gives the attacker a "
        "shell there. DAC_OVERRIDE opens every file of the volumes whoever owns it, SETUID turns "
        "them into the user of the web server, and NET_RAW answers address requests for the "
        "database. With ALL dropped, each of these system calls is refused."
    ),
    fix=(
        "Each container, init containers too, gets capabilities.drop: [ALL] where it lacks it, "
        "and keeps of what it adds NET_BIND_SERVICE only: where it was added, or where a port "
        "below 1024 could be bound by it until now and no sysctl of the pod opens that port. "
        "Images that are known to start as root and step down are left alone with the reason, "
        "since they could not start."
    ),
    breaks=(
        "Programs that start as root and give it up: they change owners and call setuid, and end "
        "at once with 'operation not permitted'. So do start scripts that run chown or chmod. A "
        "program that is not root loses nothing, as these powers never reached it. Low ports keep "
        "working where NET_BIND_SERVICE is kept, or where the runtime opens them to everybody, as "
        "containerd does since 2.0."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/web`, then `kubectl -n shop exec deploy/web "
        "-- grep Cap /proc/1/status`: CapBnd is 0000000000000000, or 0000000000000400 where "
        "NET_BIND_SERVICE is kept. `kubectl -n shop get deploy web -o "
        "jsonpath='{..capabilities}'` shows one drop for each container. Watch the restart counts "
        "for some minutes."
    ),
    reading=(
        Reference("capabilities(7)", "https://man7.org/linux/man-pages/man7/capabilities.7.html"),
        Reference(
            "Set capabilities for a container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/#set-capabilities-for-a-container",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-capabilities-restricted",
    title="Containers drop all capabilities",
    area=Area.POD_SECURITY,
    severity=Severity.LOW,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.8"),
        Reference("CIS Kubernetes 5.2.9"),
        Reference(
            "Pod Security Standards: restricted",
            f"{_DOCS}/concepts/security/pod-security-standards/#restricted",
        ),
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
