"""Containers that listen on a port of their node.

Field: ``ports[*].hostPort`` of every init, main and ephemeral container.
Allowed values: ``0``, undefined.
The fix takes the field away, and the ``hostIP`` that stands beside it. A pod in its node's network
listens there whatever the field says, so ``hostNetwork`` goes with it. The API server fills the
field in for such Pods, and did so in templates before Kubernetes 1.28.
Source: Pod Security Standards, baseline, "Host Ports"; CIS Kubernetes 5.2.12.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.analysis.containers import Defect, Fix, named, path_of, repair
from k8sharden.analysis.host_access import (
    NETWORK,
    WARNINGS,
    WAY_IN,
    WEB,
    apart,
    why_apart,
    why_shared,
)
from k8sharden.analysis.node_agents import excuse, one_step_down
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import host_ports
from k8sharden.analysis.pod_security.refusals import at_fault, field_at_fault, refused
from k8sharden.model.change import Change, ChangeKind, Edit, Named, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Port, Visited, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload


class _Taken(msgspec.Struct, frozen=True):
    """A port of the node, with the container that takes it."""

    seen: Visited
    port: Port


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (host_ports.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found, numbers = at_fault(workload, refusal), _numbers(_taken(workload))
    leads = "lead" if numbers[1:] else "leads"
    milder = excuse(workload, visit_containers(workload.spec))
    return Defect(
        f"The node's {_ports(numbers)} {leads} to {named(found)}.{milder}",
        field_at_fault(workload, refusal, "ports"),
        found,
        one_step_down(ITEM.severity) if milder else None,
        {"hostPorts": list(numbers)},
    )


def _taken(workload: Workload) -> tuple[_Taken, ...]:
    return tuple(
        _Taken(seen, port)
        for seen in visit_containers(workload.spec)
        for port in seen.container.ports or ()
        if port.host_port
    )


def _numbers(taken: tuple[_Taken, ...]) -> tuple[int, ...]:
    return tuple(sorted({each.port.host_port or 0 for each in taken}))


def _ports(numbers: tuple[int, ...]) -> str:
    return one_line(f"port{'s' if numbers[1:] else ''} {', '.join(map(str, numbers))}", 80)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    taken = tuple(each for each in _taken(workload) if not each.seen.is_ephemeral)
    needed = _why_needed(workload, taken)
    if needed:
        return NoChange(needed)
    twins = [each for each in taken if _step(each) is None]
    if twins:
        return NoChange(
            f"Nothing tells apart the ports {twins[0].port.container_port} of "
            f"{named([twins[0].seen])}: give each a name, then scan again."
        )
    shared = bool(workload.spec.host_network)
    network = apart(workload, (NETWORK,)) if shared else ()
    return Fix(
        f"Give {workload.ref.label} no port of the node",
        (*network, *_edits(workload, taken)),
        (*((WARNINGS[NETWORK],) if shared else ()), _moved(_numbers(taken))),
    )


def _why_needed(workload: Workload, taken: tuple[_Taken, ...]) -> str:
    if workload.spec.host_network:
        return why_shared(workload)
    return why_apart(workload) or ("" if WEB.isdisjoint(_numbers(taken)) else WAY_IN)


def _moved(numbers: tuple[int, ...]) -> str:
    return (
        f"Needs testing: nobody finds it at {_ports(numbers)} of a node any more. Give clients "
        "a Service: NodePort or LoadBalancer for those outside, ClusterIP for the others."
    )


def _edits(workload: Workload, taken: tuple[_Taken, ...]) -> Iterator[Edit]:
    for each in taken:
        step = _step(each)
        if step is not None:
            path = (*path_of(workload, each.seen, "ports"), step)
            yield RemoveField((*path, "hostPort"))
            if each.port.host_ip is not None:
                yield RemoveField((*path, "hostIP"))


def _step(taken: _Taken) -> Named | None:
    """Return what names a port in its list, None where nothing does."""
    if taken.port.name:
        return Named("name", taken.port.name)
    numbers = [port.container_port for port in taken.seen.container.ports or ()]
    number = taken.port.container_port
    return Named("containerPort", number) if numbers.count(number) == 1 else None


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "hostPort makes the node itself listen: whoever connects to that port of the node is led "
        "to the container. It works without any Service, and so without what a Service brings: "
        "a name, several pods behind one address, a list of who may come. Only one pod per node "
        "can hold a port, so the scheduler spreads the pods, and a node whose port is taken "
        "gets none."
    ),
    why=(
        "The port is open on every network that the node is in, also on those that nobody thought "
        "of when the Service was planned; a cloud firewall for nodes is wider than one for a load "
        "balancer. The pod is found by scanning nodes instead of knowing names. And a port can be "
        "taken from another program: who gets 10250 or a monitoring port of the node first "
        "answers in its place."
    ),
    attack=(
        "Pod legacy/ftp-bridge takes port 21 of worker-1, so that a publisher can deliver files. "
        "The node has an address in the office network too, where nobody knows of an FTP server. "
        "An intern's infected laptop scans that network, finds port 21 on a Kubernetes node, "
        "guesses the password, and uploads a file that an import job in the cluster opens the "
        "same night. No Service and no firewall rule ever mentioned that door."
    ),
    fix=(
        "hostPort is taken out of each port, and hostIP with it; containerPort stays, so Services "
        "and probes go on as before. Where the pod is in the node's network, that field goes as "
        "well, since the ports are the node's as long as it stands. Known agents of the nodes, "
        "and whatever holds port 80 or 443 and so seems to be the way into the cluster, are left "
        "alone with advice."
    ),
    breaks=(
        "Clients that use a node's address and the port: they find nothing. Look for them in the "
        "configuration of load balancers, firewalls, scrape jobs and of people outside; give them "
        "a Service of type LoadBalancer or NodePort. NetworkPolicies that let in the node's "
        "address have to let in the clients. Two pods may land on one node, which the port "
        "prevented so far: add a topology spread where that matters."
    ),
    verify=(
        "`kubectl -n monitoring rollout status deployment/grafana`, then `kubectl -n monitoring "
        "get deploy grafana -o jsonpath='{..hostPort}'` prints nothing, and `curl "
        "http://NODE:3000` from outside is refused. Ask for the same page through the Service, "
        "and follow one real client from end to end."
    ),
    reading=(
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference("Service", f"{_DOCS}/concepts/services-networking/service/"),
        Reference(
            "Configuration best practices: hostPort", f"{_DOCS}/concepts/configuration/overview/"
        ),
    ),
)

ITEM = Item(
    id="pss-host-ports",
    title="Containers take no port of their node",
    area=Area.POD_SECURITY,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.12"),
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
