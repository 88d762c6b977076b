"""Mission 6: a page that nobody deployed."""

import posixpath

from k8sharden.missions.lines import answer, command, note
from k8sharden.missions.model import AttackReport, Line, Mission, Step, StepKind
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.model.pods import Container

WEB = kinds.DEPLOYMENTS.ref("shop", "web")
_CONTAINER = "web"
_SHELL = "/app/static/help.php"
_SCRATCH = "/tmp/help.php"  # noqa: S108 - a path in the container under attack


def takes_writes(container: Container, path: str) -> bool:
    """Whether a process in the container can write to a path, as far as mounts decide it.

    The mount that is nearest above the path decides; where there is none, the root filesystem.
    """
    mounts = sorted(container.volume_mounts or (), key=lambda each: -len(each.mount_path))
    for mount in mounts:
        if posixpath.commonpath((mount.mount_path, path)) == mount.mount_path.rstrip("/"):
            return not mount.read_only
    return container.security.read_only_root_filesystem is not True


def attack(training: Training) -> AttackReport:
    """Drop a web shell where the shop's pages lie, in whichever running pod takes it."""
    running = training.containers(WEB, _CONTAINER)
    open_ones = [each for each in running if takes_writes(each, _SHELL)]
    worked = bool(open_ones)
    said = (
        "https://kestrel.example/static/help.php?c=id now answers to Mallory."
        if worked
        else "The bug is still there. The page that was to stay is not."
    )
    lines = (*_write(_SHELL, worked=worked), note(said), *_elsewhere(running[0], worked=worked))
    return AttackReport(lines, worked, _waiting(training, len(open_ones)))


def _waiting(training: Training, open_ones: int) -> str:
    """Say that old pods still run, where the template would no longer make such a one."""
    template = training.template(WEB, _CONTAINER)
    if not open_ones or takes_writes(template, _SHELL):
        return ""
    pods = "1 pod" if open_ones == 1 else f"{open_ones} pods"
    return (
        f"The template is mended, and {pods} from before it still run: let the rollout end, then "
        "try again."
    )


def _write(path: str, *, worked: bool) -> tuple[Line, ...]:
    typed = f"kubectl -n shop exec deploy/web -- sh -c 'echo \"<?php …\" > {path}'"
    said = f"{path} written" if worked else f"sh: can't create {path}: Read-only file system"
    return command(typed), answer(said)


def _elsewhere(container: Container, *, worked: bool) -> tuple[Line, ...]:
    """Tell what is left to an intruder, since a read-only root does not promise more than it is."""
    if worked or not takes_writes(container, _SCRATCH):
        return ()
    return (
        note(
            f"{posixpath.dirname(_SCRATCH)} still takes files: an empty volume, gone with the pod."
        ),
    )


MISSION = Mission(
    area=Area.RUNTIME,
    title="The page that nobody deployed",
    check="rt-rofs",
    target=WEB,
    story=(
        "A bug in the shop's image upload lets Mallory run one command in a pod of "
        "Deployment shop/web. One command is little. She wants something that stays: a page of "
        "her own among the shop's pages."
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "See what the shop can overwrite",
            "Nothing says that the container web may not change its own files: programs, pages, "
            "libraries. The scan lists each workload whose root filesystem takes writes, with the "
            "containers by name.",
            keys="6 opens Runtime security; look for shop/web and rt-rofs.",
            commands=("k8sharden scan --demo --check rt-rofs",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Drop a web shell",
            "Mallory spends her one command on writing a small page into /app/static. Whether it "
            "lands follows from the container's security context and its mounts, as the running "
            "pods have them.",
            commands=("k8sharden missions attack runtime",),
        ),
        Step(
            StepKind.FIX,
            "Seal the root filesystem",
            "The fix makes the root filesystem read-only and mounts an empty volume where the "
            "container is known to write, such as /tmp. That knowledge is an estimate: the review "
            "says what needs testing.",
            keys="6, Space on shop/web (rt-rofs), a to review, a to apply, then confirm.",
            commands=("k8sharden apply --demo --check rt-rofs --resource Deployment/shop/web",),
            lesson=("fix",),
        ),
        Step(
            StepKind.AGAIN,
            "Drop it again",
            "The bug in the upload is not fixed, Mallory still has her command. She spends it the "
            "same way.",
            commands=("k8sharden missions attack runtime",),
        ),
        Step(
            StepKind.READ,
            "Nothing stays",
            "An intruder wants to install something. Where nothing can be written, each attempt "
            "starts from zero, and an error in the log gives her away. Mend the bug all the same; "
            "you have won the time to do it.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
