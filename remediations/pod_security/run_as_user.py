"""Containers that ask for root by its number.

Fields: ``securityContext.runAsUser`` of the pod and of every init, main and ephemeral container.
Allowed values: anything but 0, undefined. From Kubernetes 1.35 on anything where
``spec.hostUsers`` is false.
The fix takes the 0 away, so that the image's own user counts; where that is known to be root as
well, there is a reason instead, since nothing would be won.
Source: Pod Security Standards, restricted, "Running as Non-root user"; CIS Kubernetes Benchmark
5.2.7.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import Defect, Fix, named, offenders, pod_field
from k8sharden.analysis.pod_security.control import Refusal
from k8sharden.analysis.pod_security.controls import run_as_user
from k8sharden.analysis.pod_security.refusals import at_fault, field_at_fault, refused
from k8sharden.analysis.user_fixes import ask_for_no_root
from k8sharden.analysis.windows import repair_linux
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.kinds import WORKLOADS
from k8sharden.model.pods import Container, Visited
from k8sharden.model.workloads import Workload

_FIELD = "securityContext.runAsUser"


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return refused(ITEM, inventory, (run_as_user.CONTROL,), _defect)


def _defect(workload: Workload, refusal: Refusal) -> Defect:
    found = at_fault(workload, refusal)
    pod = workload.spec.security.run_as_user == 0
    rooted = _rooted(workload)
    more = f" In {named(rooted)} root may gain even more rights: one step worse." if rooted else ""
    who = ["the pod"] if pod else []
    who += [named(found)] if found else []
    return Defect(
        f"Root is asked for by {' and '.join(who)}: runAsUser is 0.{more}",
        pod_field(workload, _FIELD) if pod else field_at_fault(workload, refusal, _FIELD),
        found,
        Severity.HIGH if rooted else None,
    )


def _rooted(workload: Workload) -> tuple[Visited, ...]:
    """Return the containers that run as root and may escalate."""
    pod = workload.spec.security.run_as_user

    def bad(container: Container) -> bool:
        own = container.security.run_as_user
        user = pod if own is None else own
        return user == 0 and container.security.allow_privilege_escalation is not False

    return offenders(workload, bad)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    return repair_linux(found, inventory, lambda workload: _fix(workload, inventory))


def _fix(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    return ask_for_no_root(workload, inventory)


_DOCS = "https://kubernetes.io/docs"

_LESSON = Lesson(
    what=(
        "runAsUser sets the user of a container's processes by number, whatever its image says; "
        "on the pod it holds for all containers that do not set their own. 0 is root. It is "
        "mostly written when a program could not reach some file: root could, and there it "
        "stayed. The restricted standard refuses the number 0, on the pod and on each container, "
        "even where another line overrides it."
    ),
    why=(
        "Somebody who writes 0 has turned a safe image into an unsafe one. Root owns every file "
        "of the container, may use whatever capabilities are left, and is root on the node too "
        "should a wall fall. With escalation allowed as well, nothing between the program and "
        "the kernel's bugs is left but luck. The right answer to a file that cannot be read is "
        "its owner, or the pod's fsGroup."
    ),
    attack=(
        "CronJob ci/workspace-cleanup runs as user 0, because builds leave files of all kinds of "
        "users behind. A branch holds a file whose name carries a command, the clean-up script "
        "passes it to a shell, and the attacker is root in a container that also has the "
        "pipeline's token. From there they change the cached tools that the next build of "
        "everybody else trusts. As an ordinary user the tools would not be theirs to write."
    ),
    fix=(
        "runAsUser: 0 is taken from the pod and from each container, so that the image's own "
        "user counts again. No other number is written: which one fits only the image's author "
        "knows. Where the image itself is known to run as root nothing would be won, so that "
        "nothing is changed and the reason names a way out: an image that starts without root, "
        "or the number that its documentation gives."
    ),
    breaks=(
        "Whatever root was asked for: files in volumes that belong to root, folders that only "
        "root may write, ports below 1024 on older runtimes, packages installed at start. The "
        "program says 'permission denied'. An fsGroup of the pod opens most volumes to its "
        "containers; other files need a new owner, once, by a Job that somebody watches."
    ),
    verify=(
        "`kubectl -n ci create job --from=cronjob/workspace-cleanup try-it`, then `kubectl -n ci "
        "logs job/try-it` shows whether anything was refused. `kubectl -n ci get cronjob "
        "workspace-cleanup -o jsonpath='{..runAsUser}'` prints no 0. For a Deployment, `kubectl "
        "exec … -- id -u` prints the user, and it is not 0."
    ),
    reading=(
        Reference(
            "Configure a security context for a pod or container",
            f"{_DOCS}/tasks/configure-pod-container/security-context/",
        ),
        Reference("Pod Security Standards", f"{_DOCS}/concepts/security/pod-security-standards/"),
        Reference(
            "Application security checklist",
            f"{_DOCS}/concepts/security/application-security-checklist/",
        ),
    ),
)

ITEM = Item(
    id="pss-run-as-user",
    title="Nobody asks for user 0",
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
