"""What takes capabilities from containers, or why they have to keep them.

Several items ask for parts of it: each part is one and the same edit whoever asks, so that their
fixes fit together in one plan.
"""

from collections.abc import Iterable, Iterator, Sequence

from k8sharden.analysis.capabilities import (
    ALL,
    BIND,
    KNOWN_NEEDS,
    USUAL_NEEDS,
    added,
    drop_all,
    dropped,
    keeps_bind,
    low_port,
    narrowed,
    need,
    plain,
)
from k8sharden.analysis.container_users import Kind, user_of, users_told, without_root
from k8sharden.analysis.containers import Fix, named, offenders, together, verb
from k8sharden.analysis.host_access import node_work
from k8sharden.analysis.known_images import known_image
from k8sharden.analysis.node_access import works_on_node
from k8sharden.analysis.node_agents import node_agent
from k8sharden.analysis.pod_security.controls import capabilities_baseline as baseline
from k8sharden.analysis.pod_security.controls import capabilities_restricted as restricted
from k8sharden.model.change import NoChange
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, Visited
from k8sharden.model.text import one_line, sentence
from k8sharden.model.workloads import Workload

_PINGS = "NET_RAW"
"""Needed for pings by old runtimes only: it goes, and the fix says what to look at."""


def forbidden(container: Container) -> set[str]:
    """Return what a container adds beyond the baseline standard, as it is written."""
    return baseline.added(container, baseline.ALLOWED)


def keeps_usual(container: Container) -> bool:
    """Whether a container keeps any of the runtimes' usual set, beyond what restricted allows."""
    capabilities = container.security.capabilities
    if capabilities is None or ALL not in (capabilities.drop or ()):
        return True
    return bool(set(capabilities.add or ()) & (baseline.ALLOWED - restricted.ALLOWED))


def narrow(workload: Workload, title: str) -> Fix | NoChange:
    """Return what leaves containers no capability that the baseline standard forbids."""
    bad = _mine(offenders(workload, lambda container: bool(forbidden(container))))
    edits = tuple(edit for seen in bad for edit in narrowed(workload, seen))
    return why_kept(workload, bad) or Fix(title, edits, tuple(doubts(bad)))


def take_all(workload: Workload, inventory: Inventory, title: str) -> Fix | NoChange:
    """Return what leaves containers no capability, or NET_BIND_SERVICE where they need it."""
    bad = _mine(offenders(workload, _keeps))
    reason = why_kept(workload, bad) or together(_why_root(workload, bad, inventory))
    if reason:
        return reason
    edits = [
        edit for seen in bad for edit in (*drop_all(workload, seen), *narrowed(workload, seen))
    ]
    warnings = (
        *doubts(bad),
        *_usual_pings(bad),
        *_as_root(workload, bad, inventory),
        *_ports(workload, bad, inventory),
    )
    told = users_told((seen.container for seen in bad), inventory)
    return Fix(title, tuple(edits), warnings, told)


def why_kept(workload: Workload, containers: Iterable[Visited]) -> NoChange | None:
    """Say which of these containers need what they add; None where none does."""
    needy = [
        f"{named([seen])} needs it: {reason}"
        for seen in containers
        if forbidden(seen.container) and (reason := _reason(workload, seen.container))
    ]
    if not needy:
        return None
    said = one_line("; ".join(needy), 300)
    return NoChange(
        f"{sentence(said)}. Keep it in a namespace of its own, whose users you trust "
        "with what that allows."
    )


def doubts(containers: Sequence[Visited]) -> Iterator[str]:
    """Yield what has to be tested once containers lose what they add."""
    for seen in containers:
        gone = {plain(name) for name in forbidden(seen.container)} - {BIND}
        if _PINGS in gone and (pings := _pings(seen)):
            gone -= {_PINGS}
            yield pings
        if gone:
            yield (
                f"Needs testing: somebody gave {named([seen])} {_list(gone)}, and nothing in the "
                "manifest shows what for."
            )
        usual = _given_back(seen.container)
        if usual:
            yield (
                f"Needs testing: {named([seen])} drops ALL and adds {_list(usual)} back, which "
                "goes as well."
            )


def _pings(seen: Visited) -> str:
    """Say what a container that pings has to be tested for without NET_RAW; empty for others."""
    pings = need(seen.container, _PINGS)
    return pings and (
        f"Needs testing: in {named([seen])} {pings}. Without NET_RAW that takes the sysctl "
        "net.ipv4.ping_group_range, which containerd sets by itself since 2.0, and a program whose "
        "file does not carry it (setcap)."
    )


def _usual_pings(containers: Sequence[Visited]) -> Iterator[str]:
    """Yield the same where NET_RAW is not added, but left by a runtime that gives it to all."""
    for seen in containers:
        usual = not dropped(seen.container) & {ALL, _PINGS}
        if usual and _PINGS not in added(seen.container) and (pings := _pings(seen)):
            yield pings


def _keeps(container: Container) -> bool:
    return keeps_usual(container) or bool(forbidden(container))


def _mine(containers: Iterable[Visited]) -> list[Visited]:
    return [seen for seen in containers if not seen.is_ephemeral]


def _reason(workload: Workload, container: Container) -> str:
    """Say what a container needs of what it adds beyond the baseline; empty where nothing shows."""
    agent = node_agent(workload, container)
    if agent:
        return f"its image and name are those of {agent}, which works on the node"
    if ways := node_work(workload, container):
        return f"it works on the node by {ways}"
    names = {plain(name) for name in forbidden(container)}
    asked = KNOWN_NEEDS if ALL in names else sorted(names)
    said = (
        f"{does} ({name})" for name in asked if name != _PINGS and (does := need(container, name))
    )
    return ", ".join(said)


def _given_back(container: Container) -> frozenset[str]:
    """Return what a container adds of the usual set after dropping everything."""
    return (
        (added(container) & baseline.ALLOWED) - {BIND} if ALL in dropped(container) else frozenset()
    )


def _why_root(
    workload: Workload, containers: Iterable[Visited], inventory: Inventory
) -> Iterator[str]:
    """Say which containers cannot start, or work, without the capabilities of root."""
    for seen in containers:
        user = user_of(workload.spec, seen.container, inventory).kind
        image = known_image(seen.container)
        # Its own command goes past the entrypoint, so that nobody knows what it needs.
        if user is Kind.ROOT and image and image.steps_down and not seen.container.command:
            yield (
                f"{sentence(named([seen]))} starts as root and becomes {image.steps_down}, "
                "which takes CHOWN, SETUID and SETGID. "
                f"{without_root(workload.spec, seen.container)}"
            )
            continue
        if user is Kind.ROOT and (does := _of_root(seen.container)):
            yield (
                f"{sentence(named([seen]))} is root, and {does}. Let an fsGroup of the pod open "
                "its volumes instead, or start it as the user that it becomes (runAsUser)."
            )
            continue
        works = works_on_node(workload, seen.container)
        if works and user in {Kind.ROOT, Kind.UNKNOWN}:
            yield (
                f"{sentence(named([seen]))} {works} and may be root, which without "
                "capabilities could not do its work on the node. Give it a runAsUser that may, or "
                "keep it in a namespace of its own."
            )


def _of_root(container: Container) -> str:
    """Say what a container does as root by a capability of the usual set; empty where nothing."""
    gains, loses = added(container), dropped(container)
    left = [each for each in USUAL_NEEDS if each in gains or not loses & {ALL, each}]
    said = (f"{does} ({name})" for name in left if (does := need(container, name)))
    return next(said, "")


def _as_root(
    workload: Workload, containers: Sequence[Visited], inventory: Inventory
) -> Iterator[str]:
    """Yield what has to be tested where the process is, or may be, root."""
    losing = [seen for seen in containers if ALL not in dropped(seen.container)]
    kinds = [(seen, user_of(workload.spec, seen.container, inventory).kind) for seen in losing]
    for kind, runs in ((Kind.ROOT, ("runs", "run")), (Kind.UNKNOWN, ("may run", "may run"))):
        found = [seen for seen, user in kinds if user is kind]
        if found:
            yield (
                f"Needs testing: {named(found)} {verb(found, *runs)} as root, and without "
                "capabilities even root cannot change owners, become another user or open the "
                "files of others."
            )


def _ports(
    workload: Workload, containers: Sequence[Visited], inventory: Inventory
) -> Iterator[str]:
    """Yield what NET_BIND_SERVICE is worth to a process that is not root."""
    for seen in containers:
        port = low_port(workload.spec, seen.container)
        user = user_of(workload.spec, seen.container, inventory).kind
        if port and user is not Kind.ROOT and keeps_bind(workload.spec, seen.container):
            yield (
                f"NET_BIND_SERVICE is kept for port {port} of {named([seen])}. A process that is "
                "not root has it only if its program's file carries it (setcap); containerd lets "
                "everybody bind low ports by itself since 2.0."
            )


def _list(names: Iterable[str]) -> str:
    return one_line(", ".join(sorted(names)), 150)
