"""Mission 3: a pod that is really the node."""

from typing import Any

from k8sharden.cluster.training.control_plane import OPERATOR
from k8sharden.errors import Forbidden
from k8sharden.missions.lines import answer, command, note, refusal
from k8sharden.missions.model import AttackReport, Mission, Step, StepKind
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model.finding import Area

POD = kinds.PODS.ref("office", "node-shell")


def attack(training: Training) -> AttackReport:
    """Ask for a privileged pod; a server dry run decides as always, and leaves nothing behind."""
    typed = command(f"kubectl --as={OPERATOR} -n office create -f node-shell.yaml --dry-run=server")
    wants = note("node-shell.yaml: privileged, hostPID, and the node's / mounted at /host")
    try:
        training.api(OPERATOR).create(_manifest(), POD, dry_run=True)
    except Forbidden as error:
        said = note("The API server looked at the pod, not only at who asked. Nothing was made.")
        return AttackReport((typed, wants, refusal(error), said), succeeded=False)
    said = note("201. Without the dry run, `chroot /host` in that pod would be root on the node.")
    lines = (typed, wants, answer("pod/node-shell created (server dry run)"), said)
    return AttackReport(lines, succeeded=True)


def _manifest() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": POD.name, "namespace": POD.namespace},
        "spec": {
            "hostPID": True,
            "containers": [
                {
                    "name": "shell",
                    "image": "registry.kestrel.example/platform/toolbox:1.0",
                    "command": ["sleep", "infinity"],
                    "securityContext": {"privileged": True},
                    "volumeMounts": [{"name": "node", "mountPath": "/host"}],
                }
            ],
            "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
        },
    }


MISSION = Mission(
    area=Area.POD_SECURITY,
    title="The pod that is the node",
    check="pss-no-enforce",
    target=kinds.NAMESPACES.ref("", "office"),
    story=(
        "Sam looks after the wiki and may start pods in namespace office: a fair right, given "
        "by a small Role. Mallory has Sam's laptop for five minutes. She asks for one pod. It is "
        "a rather special pod."
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "See what a namespace admits",
            "RBAC says who may create pods, and knows nothing about what is in them. That is the "
            "work of a label on the namespace. On office it is missing; on catalogue somebody set "
            "it once.",
            keys="3 opens Pod Security Standards; the cursor on office shows what is missing.",
            commands=("k8sharden scan --demo --check pss-no-enforce",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Ask for the node's disk",
            "With Sam's rights, Mallory sends a pod that wants to be privileged, to see all "
            "processes of the node and to mount its whole disk. The API server answers as it "
            "would for real; the dry run only keeps the pod from being stored.",
            commands=("k8sharden missions attack pod-security",),
        ),
        Step(
            StepKind.FIX,
            "Set the label",
            "The fix labels the namespace with the strictest level that everything in it meets "
            "today, so no running pod is in trouble. It also turns on warnings at the level above, "
            "which refuse nothing and show what is left to do.",
            keys="3, Space on office, a to review, a to apply, then confirm.",
            commands=("k8sharden apply --demo --check pss-no-enforce --namespace office",),
            lesson=("fix",),
        ),
        Step(
            StepKind.AGAIN,
            "Ask again",
            "Sam's rights are as they were: the Role still says “create pods”. The very same "
            "manifest goes to the same server. Read its answer to the end: it lists every "
            "violation.",
            commands=("k8sharden missions attack pod-security",),
        ),
        Step(
            StepKind.READ,
            "Who may, and what may be",
            "Two questions guard every pod: may this person create pods, and may this pod exist "
            "here? RBAC answers the first. Without the label nobody asked the second. Namespaces "
            "that cannot take a level yet name the pod that stands in the way.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
