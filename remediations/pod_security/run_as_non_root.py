"""Containers that may start as root, since nobody told the kubelet to refuse it.

Fields: ``securityContext.runAsNonRoot`` of the pod and of every init, main and ephemeral container.
Allowed values: ``true``; undefined in a container where the pod says ``true``. From Kubernetes 1.35
on anything where ``spec.hostUsers`` is false: root in a user namespace is nobody on the node.
The fix never makes a ``runAsUser`` up. Where an image is known to start as root, or as a user that
is no number, the pod would not start: then there is a reason instead.
Source: Pod Security Standards, restricted, "Running as Non-root"; CIS Kubernetes Benchmark 5.2.7;
the kubelet's check, pkg/kubelet/kuberuntime/security_context_others.go, v1.36.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, named, pod_field, repair
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import run_as_non_root
from k8sharden.analysis.pod_security.refusals import at_fault, field_at_fault, refused
from k8sharden.analysis.user_fixes import forbid_root
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.workloads import Workload

_FIELD = "securityContext.runAsNonRoot"


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (run_as_non_root.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    who = named(found) if found else "the pod"
    # Containers at fault say false, or nothing: then it is the pod that should have spoken.
    silent = any(seen.container.security.run_as_non_root is None for seen in found)
    return Defect(
        f"Nothing keeps {who} from running as root: runAsNonRoot is not true.",
        pod_field(workload, _FIELD) if silent else field_at_fault(workload, refusal, _FIELD),
        found,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    return forbid_root(workload, inventory)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "As whom a container runs is decided by its image, unless the manifest says otherwise, and "
        "very many images say root. runAsNonRoot: true does not choose a user: it has the kubelet "
        "look before each start, and refuse a container whose user is 0 or cannot be told. One "
        "line on the pod holds for all of its containers, and a container's own word goes before "
        "it."
    ),
    why=(
        "Root in a container is root on the node as soon as one wall falls: a bug in the kernel, "
        "a mounted folder, a socket that should not be there. The same bug in the hands of user "
        "10001 is mostly worth nothing. And a rule beats a habit: without it, tomorrow's image "
        "may go back to root, and nobody would notice until it matters."
    ),
    attack=(
        "In Deployment shop/web the main container runs as user 10001, and its init container "
        "migrate says nothing. The attacker slips a line into a migration; it runs as root. A "
        "published bug in the container runtime lets root in a container overwrite the runtime "
        "on the node, and the next container that starts on worker-1 hands it over. As user "
        "10001 the same migration could not even open the file."
    ),
    fix=(
        "The pod's securityContext gets runAsNonRoot: true, and containers that say false lose "
        "that line; one that asks for user 0 loses that too. No user is made up. Where the image "
        "is known to run as root, or as a user with a name but no number, the kubelet would "
        "refuse it: then nothing is changed, and the reason names the image and a way out."
    ),
    breaks=(
        "Images that start as root do not start: the pod waits with CreateContainerConfigError "
        "and says so in its events, while the old pods go on. A user with a name only, such as "
        "nginx, is refused as well, since the kubelet cannot look it up. Files that root wrote "
        "into volumes stay root's. Ports below 1024 may be closed, which depends on the runtime."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/web`, then `kubectl -n shop exec deploy/web "
        "-- id -u` prints something other than 0. `kubectl -n shop get deploy web -o "
        "jsonpath='{.spec.template.spec.securityContext.runAsNonRoot}'` prints true. If pods "
        "wait, `kubectl -n shop describe pod -l app=web` says which container and why."
    ),
    reading=(
        Reference(
            "Configure a security context for a pod or container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference("User namespaces", f"{_DOCS}/concepts/workloads/pods/user-namespaces/"),
    ),
)

ITEM = Item(
    id="pss-run-as-non-root",
    title="Containers cannot start as root",
    area=Area.POD_SECURITY,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.EACH,
    needs=WORKLOADS,
    references=(
        Reference("CIS Kubernetes 5.2.7"),
        Reference(
            "Pod Security Standards: restricted",
            f"{_DOCS}/concepts/security/pod-security-standards/#restricted",
        ),
        Reference("NSA/CISA Kubernetes Hardening Guide: non-root containers"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
