"""Probes and lifecycle hooks that ask another host than their own pod.

Fields: ``httpGet.host`` and ``tcpSocket.host`` of ``livenessProbe``, ``readinessProbe``,
``startupProbe``, ``lifecycle.postStart`` and ``lifecycle.preStop``, of every container.
Allowed values: undefined, empty: the kubelet then asks the pod's own address.
A loopback is taken away, see `k8sharden.analysis.probes`, except in a pod that shares the node's
network and may listen on nothing else: `pss-host-namespaces` answers both at once.
Source: Pod Security Standards, baseline, "Host Probes / Lifecycle Hooks" (since 1.34, KEP-4940).
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, field_of, named, repair
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import host_probes_and_host_lifecycle
from k8sharden.analysis.pod_security.refusals import at_fault, refused
from k8sharden.analysis.probes import asked_hosts, is_loopback, own_address
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload

_TEST = (
    "Needs testing: so far the node's loopback was asked, not the pod. A program that listens on "
    "127.0.0.1 only has to listen on all addresses, or the probe fails."
)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (host_probes_and_host_lifecycle.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found, asked = at_fault(workload, refusal), asked_hosts(workload)
    hosts = list(dict.fromkeys(each.host for each in asked))
    return Defect(
        f"The kubelet asks {one_line(', '.join(hosts), 120)} from the node, for {named(found)}.",
        field_of(workload, asked[0].seen, ".".join(asked[0].steps)),
        found,
        evidence={"hosts": hosts},
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    if workload.spec.host_network:
        return NoChange(
            "Its pods share the node's network, where they may listen on the loopback alone: what "
            "answers pss-host-namespaces takes the loopback from its probes as well."
        )
    other = next((each for each in asked_hosts(workload) if not is_loopback(each.host)), None)
    if other is not None:
        return NoChange(
            f"A probe of {named([other.seen])} asks {one_line(other.host, 80)}, which only you "
            "know the meaning of: leave the host out, give a name in a Host header, and let "
            "something else watch other hosts."
        )
    title = f"Let the probes of {workload.ref.label} ask its own pods"
    return Fix(title, own_address(workload), (_TEST,))


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "A probe asks a container whether it is well; a lifecycle hook tells it that it starts or "
        "stops. The kubelet sends both, from the node, to the pod's own address. The field host "
        "sends them elsewhere: to any address that the node can reach, 127.0.0.1 of the node "
        "among them. From Kubernetes 1.34 on, the baseline level refuses the field."
    ),
    why=(
        "Whoever may write a pod can have the node ask for them. The node stands inside networks "
        "that pods do not: its own loopback, the cloud's metadata service, the management "
        "network. The answer comes back as a verdict: the port is open, the page is there. No "
        "NetworkPolicy sees it. And a probe of another host says nothing about the pod, which "
        "then is restarted for somebody else's fault."
    ),
    attack=(
        "A developer's stolen account may change Deployment payments/fraud-screen. The attacker "
        "gives its readiness probe a host, 169.254.169.254 first, then one address of the "
        "management network after the other, and reads from the pod's events which ports answer. "
        "Every request comes from worker-1 itself, so that the firewall lets it through. A map "
        "of the network is drawn without a single packet from a pod."
    ),
    fix=(
        "Where the host is the loopback, the field is taken out, so that the kubelet asks the pod: "
        "this is nearly always what was meant, since the kubelet's 127.0.0.1 is the node's. Pods "
        "in the node's network are left alone with the reason, for there it may be right. For any "
        "other host you get advice: a virtual host is named in a Host header, another machine is "
        "watched by monitoring."
    ),
    breaks=(
        "A program that listens on 127.0.0.1 only is not reached at the pod's address: its probe "
        "fails after the change, pods never become ready and the rollout stops. Let it listen on "
        "all addresses first, or use an exec probe. The opposite comes up as well: a probe that "
        "passed because something on the node answered now tells the truth."
    ),
    verify=(
        "`kubectl -n payments rollout status deployment/fraud-screen`: new pods become ready only "
        "if the probe reaches them. `kubectl -n payments get deploy fraud-screen -o "
        "jsonpath='{..readinessProbe}'` shows no host. `kubectl -n payments get events "
        "--field-selector reason=Unhealthy` stays empty for some minutes."
    ),
    reading=(
        Reference(
            "Liveness, readiness and startup probes",
            f"{_DOCS}/concepts/configuration/liveness-readiness-startup-probes/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-host-probes",
    title="Probes ask their own pod",
    area=Area.POD_SECURITY,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference(
            "Pod Security Standards: baseline",
            f"{_DOCS}/concepts/security/pod-security-standards/#baseline",
        ),
        Reference("KEP-4940", "https://www.kubernetes.dev/resources/keps/4940/"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
