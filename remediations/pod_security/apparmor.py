"""Containers for which AppArmor is switched off.

Fields: ``securityContext.appArmorProfile.type`` of the pod and of every init, main and ephemeral
container; the annotations ``container.apparmor.security.beta.kubernetes.io/*`` of old.
Allowed values: ``RuntimeDefault``, ``Localhost``, undefined; of the annotations
``runtime/default``, ``localhost/*``, empty, undefined.
The fix takes the words away: undefined is the runtime's own profile on nodes with AppArmor, and on
nodes without it a profile that is asked for keeps the pod from starting.
Source: Pod Security Standards, baseline, "AppArmor".
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, named, path_of
from k8sharden.analysis.node_agents import node_agents
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import app_armor_profile
from k8sharden.analysis.pod_security.refusals import at_fault, field_at_fault, refused
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, Edit, NoChange, RemoveField
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (app_armor_profile.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    who = named(found) if found else "the pod"
    return Defect(
        f"AppArmor is switched off for {who}: its rules for files and mounts do not hold.",
        field_at_fault(workload, refusal, "securityContext.appArmorProfile.type"),
        found,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, _fix)


def _fix(workload: Workload) -> Fix | NoChange:
    agents = node_agents(workload)
    if agents:
        return NoChange(
            f"It looks like {' and '.join(agents)}, which works on the node: the runtime's profile "
            "would refuse it mounts and more. Write a profile for it (Localhost), or keep it in a "
            "namespace of its own."
        )
    doubt = (
        "Needs testing: somebody switched AppArmor off. Look for 'permission denied' in the logs "
        'and for apparmor="DENIED" in the node\'s kernel log.'
    )
    title = f"Switch AppArmor on again for {workload.ref.label}"
    return Fix(title, tuple(_edits(workload)), (doubt,))


def _edits(workload: Workload) -> Iterator[Edit]:
    if app_armor_profile.forbidden(workload.spec.security.app_armor_profile):
        yield RemoveField((*workload.path, "securityContext", "appArmorProfile"))
    for seen in visit_containers(workload.spec):
        profile = seen.container.security.app_armor_profile
        if app_armor_profile.forbidden(profile) and not seen.is_ephemeral:
            yield RemoveField(path_of(workload, seen, "securityContext", "appArmorProfile"))
    for key in app_armor_profile.forbidden_annotations(workload.template_metadata.annotation):
        yield RemoveField((*workload.path[:-1], "metadata", "annotations", key))


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "AppArmor is a part of many Linux kernels that confines programs by rules on paths: what "
        "may be written below /proc and /sys, what may be mounted, who may trace whom. On nodes "
        "that have it the container runtime puts its own profile on every container. A manifest "
        "may name another profile from the node, or say Unconfined, in a field or in an "
        "annotation of former days, and then no rule holds."
    ),
    why=(
        "The rules are the second lock on doors that matter. Should a container be given too "
        "much, a capability or a folder of the node, AppArmor still refuses to mount, to change "
        "kernel settings, to trace other programs. Several escapes worked on Unconfined containers "
        "only. It asks for nothing and costs nothing; switching it off is a way to make an error "
        "message go away."
    ),
    attack=(
        "Deployment shop/recommendations has a second container, profiler, for which somebody "
        "switched AppArmor and seccomp off when it could not read what it wanted. The attacker "
        "gets in through its web page, and creates a user namespace in which mount is allowed: "
        "they mount a fresh /proc and write to settings that were masked before. The runtime's "
        "profile would have refused the mount, whatever the namespace says."
    ),
    fix=(
        "The word goes: the field of the pod, that of each container, and the annotations that "
        "say unconfined. What is left undefined gets the runtime's profile on nodes that have "
        "AppArmor. RuntimeDefault is not written out, because a node without AppArmor would then "
        "refuse the pod. Profiles of your own (Localhost) stay, and a container without a word "
        "takes the pod's."
    ),
    breaks=(
        "Programs for which it was switched off: profilers and debuggers that trace others, "
        "builds that mount, containers in containers. They get 'permission denied' while the "
        'file modes look right, and the node\'s kernel log says apparmor="DENIED" with the path. '
        "Then write a profile that allows that one thing, put it on the nodes, and name it as "
        "Localhost."
    ),
    verify=(
        "`kubectl -n shop rollout status deployment/recommendations`, then `kubectl -n shop exec "
        "deploy/recommendations -c profiler -- cat /proc/1/attr/current` prints the runtime's "
        "profile and (enforce) on a node with AppArmor, not unconfined. `kubectl get pods -A -o "
        "jsonpath='{..appArmorProfile.type}'` prints no Unconfined. Watch the logs."
    ),
    reading=(
        Reference(
            "Restrict a container's access with AppArmor", f"{_DOCS}/tutorials/security/apparmor/"
        ),
        Reference(
            "Linux kernel security constraints",
            f"{_DOCS}/concepts/security/linux-kernel-security-constraints/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
    ),
)

ITEM = Item(
    id="pss-apparmor",
    title="AppArmor is not switched off",
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
        Reference("ATT&CK T1611"),
        Reference("NSA/CISA Kubernetes Hardening Guide: Kubernetes Pod security"),
    ),
    lesson=_LESSON,
    evaluate=_evaluate,
    remediate=_remediate,
)
