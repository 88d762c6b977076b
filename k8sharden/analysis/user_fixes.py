"""What keeps containers from running as root, or why nothing can be changed.

A ``runAsUser`` is never made up: which files belong to whom only the image's author knows. Asking
for root is taken away by two items, in one and the same way, so that their fixes fit together.
"""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.capabilities import low_port
from k8sharden.analysis.container_users import (
    Kind,
    User,
    asked_user,
    must_be_non_root,
    user_without_root,
    users_told,
    without_root,
)
from k8sharden.analysis.containers import Fix, named, offenders, path_of, together, verb
from k8sharden.analysis.node_access import works_on_node
from k8sharden.model.change import Edit, NoChange, RemoveField, SetField
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.text import sentence
from k8sharden.model.workloads import Workload

_REFUSED = "the kubelet would refuse to start it (CreateContainerConfigError)"
_UNVERIFIED = "As root, or as a user that is no number"
_Users = Sequence[tuple[Visited, User]]


def forbid_root(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    """Return what has the kubelet refuse root: on the pod, and nowhere the opposite."""
    spec = workload.spec
    mine = [seen for seen in visit_containers(spec) if not seen.is_ephemeral]
    bound = [seen for seen in mine if not must_be_non_root(spec, seen.container)]
    users = [(seen, user_without_root(spec, seen.container, inventory)) for seen in bound]
    reason = _host_process(workload) or together(_why_not(workload, users))
    reason = reason or _agent(workload, users)
    if reason:
        return reason
    zero = [seen for seen in bound if asked_user(spec, seen.container) == 0]
    return Fix(
        f"Let {workload.ref.label} start only without root",
        (*_promises(workload, mine), *(no_user_zero(workload) if zero else ())),
        (*_untold(workload, users), *_low_ports(workload, users), *_files(zero)),
        _told(users, inventory),
    )


def ask_for_no_root(workload: Workload, inventory: Inventory) -> Fix | NoChange:
    """Return what takes ``runAsUser: 0`` away, so that the image's own user counts."""
    spec = workload.spec
    mine = [seen for seen in visit_containers(spec) if not seen.is_ephemeral]
    zero = [seen for seen in mine if asked_user(spec, seen.container) == 0]
    users = [(seen, user_without_root(spec, seen.container, inventory)) for seen in zero]
    reason = together(_root_all_the_same(workload, users)) or _agent(workload, users)
    return reason or Fix(
        f"Ask for no root in {workload.ref.label}",
        tuple(no_user_zero(workload)),
        (*_files(zero), *_perhaps_root(users), *_low_ports(workload, users)),
        _told(users, inventory),
    )


def _told(users: _Users, inventory: Inventory) -> dict[str, str]:
    return users_told((seen.container for seen, _ in users), inventory)


def no_user_zero(workload: Workload) -> Iterator[Edit]:
    """Yield the edits that take ``runAsUser: 0`` from the pod and from containers."""
    if workload.spec.security.run_as_user == 0:
        yield RemoveField((*workload.path, "securityContext", "runAsUser"))
    for seen in visit_containers(workload.spec):
        if seen.container.security.run_as_user == 0 and not seen.is_ephemeral:
            yield RemoveField(path_of(workload, seen, "securityContext", "runAsUser"))


def _promises(workload: Workload, mine: Sequence[Visited]) -> Iterator[Edit]:
    """Yield ``runAsNonRoot: true`` on the pod where it is needed, and no ``false`` below it."""
    pod = workload.spec.security.run_as_non_root
    open_ones = [seen for seen in mine if not seen.container.security.run_as_non_root]
    if pod is False or (not pod and open_ones):
        yield SetField((*workload.path, "securityContext", "runAsNonRoot"), True)  # noqa: FBT003 - the field's value
    for seen in open_ones:
        if seen.container.security.run_as_non_root is False:
            yield RemoveField(path_of(workload, seen, "securityContext", "runAsNonRoot"))


def _root_all_the_same(workload: Workload, users: _Users) -> Iterator[str]:
    for seen, user in users:
        if user.kind is Kind.ROOT:
            yield (
                f"{sentence(named([seen]))} would run as root all the same: {user.says}. "
                f"{without_root(workload.spec, seen.container)}"
            )


def _host_process(workload: Workload) -> NoChange | None:
    """Say which containers are the node's own processes, whose user is one of the node's."""
    pod = workload.spec.security.windows_options

    def is_one(container: Container) -> bool:
        options = [container.security.windows_options, pod]
        said = [each.host_process for each in options if each and each.host_process is not None]
        return bool(said and said[0])

    found = offenders(workload, is_one)
    if not found:
        return None
    return NoChange(
        f"{sentence(named(found))} {verb(found, 'runs', 'run')} as a user of the node "
        "(hostProcess), which does not go with runAsNonRoot: take hostProcess away first."
    )


def _why_not(workload: Workload, users: _Users) -> Iterator[str]:
    """Yield why a container could not start: it is root, or its user cannot be verified."""
    for seen, user in users:
        who = sentence(named([seen]))
        if user.kind is Kind.ROOT:
            yield (
                f"{who} runs as root ({user.says}), and {_REFUSED}. "
                f"{without_root(workload.spec, seen.container)}"
            )
        elif user.kind is Kind.NAMED:
            yield (
                f"{who} runs as a user that is no number ({user.says}), which cannot be verified: "
                f"{_REFUSED}. Set that user's number as runAsUser, or as USER in the image."
            )


def _agent(workload: Workload, users: _Users) -> NoChange | None:
    """Say which container works on the node, where it may need to be root."""
    for seen, user in users:
        works = works_on_node(workload, seen.container)
        if works and user.kind is Kind.UNKNOWN:
            return NoChange(
                f"{sentence(named([seen]))} {works}, and nothing says that it is not "
                "root: it would not reach what is root's on the node. Give it a runAsUser that "
                "may, or keep it in a namespace of its own."
            )
    return None


def _untold(workload: Workload, users: _Users) -> Iterator[str]:
    unknown = [seen for seen, user in users if user.kind is Kind.UNKNOWN]
    refused = "As ContainerAdministrator" if workload.spec.is_windows else _UNVERIFIED
    if unknown:
        runs = verb(unknown, "runs", "run")
        yield (
            f"Needs testing: nobody knows as whom {named(unknown)} {runs}. {refused}, {_REFUSED}."
        )


def _perhaps_root(users: _Users) -> Iterator[str]:
    unknown = [seen for seen, user in users if user.kind is Kind.UNKNOWN]
    if unknown:
        yield f"Needs testing: the image of {named(unknown)} may run as root by itself; see id -u."


def _low_ports(workload: Workload, users: _Users) -> Iterator[str]:
    """Yield what has to be tested where a process that may be root binds a low port."""
    spec = workload.spec
    for seen, user in users:
        port = 0 if spec.is_windows else low_port(spec, seen.container)
        if port and (user.kind is Kind.UNKNOWN or asked_user(spec, seen.container) == 0):
            yield (
                f"Needs testing: without root, {named([seen])} binds port {port} only where the "
                "runtime opens low ports to everybody, as containerd does since 2.0, or where its "
                "program's file carries NET_BIND_SERVICE."
            )


def _files(containers: Sequence[Visited]) -> Iterator[str]:
    if containers:
        yield (
            f"Needs testing: somebody asked for root in {named(containers)}. What it wrote so far "
            "belongs to root; an fsGroup of the pod opens its volumes."
        )
