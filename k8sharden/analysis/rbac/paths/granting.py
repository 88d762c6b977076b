"""Steps by RBAC itself: what is held already, binding roles, and changing them.

The API server lets nobody grant what they do not hold, unless they may `bind` the role or
`escalate`. It asks about the role by its name, in the namespace of the binding.

Source: kubernetes.io, Using RBAC Authorization (Privilege escalation prevention).
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.paths.asks import (
    BIND_CLUSTER_ROLES,
    BIND_ROLES,
    CHANGE_CLUSTER_BINDINGS,
    CHANGE_CLUSTER_ROLES,
    CHANGE_ROLE_BINDINGS,
    CHANGE_ROLES,
    CREATE_CLUSTER_BINDINGS,
    CREATE_ROLE_BINDINGS,
    ESCALATE_CLUSTER_ROLES,
    ESCALATE_ROLES,
)
from k8sharden.analysis.rbac.paths.holdings import Hold
from k8sharden.analysis.rbac.paths.places import (
    EVERYTHING,
    Ask,
    Fan,
    Hub,
    Need,
    Seat,
    Whole,
    only,
    place_of,
    where,
)
from k8sharden.analysis.rbac.paths.ways import Ways, scope_of
from k8sharden.analysis.rbac.subjects import MASTERS
from k8sharden.analysis.rbac.unlimited import is_unlimited
from k8sharden.model import kinds
from k8sharden.model.ref import Ref


def by_everything(ways: Ways) -> Iterator[Fan]:
    """Yield what is held as a whole: a cluster or a namespace."""
    if MASTERS in ways.seat.who.groups:
        yield Fan(only(EVERYTHING), f"may do everything, as {MASTERS}, before RBAC is asked")
    if ways.seat.through is not None:
        return
    for grant in ways.held.grants:
        if is_unlimited(grant.role, ways.policy):
            said = f"may do everything in {place_of(grant.namespace)}"
            yield Fan(only(Whole(grant.namespace)), said, needs=(Need(grant),))


def by_binding(ways: Ways) -> Iterator[Fan]:
    """Yield what whoever may bind roles gives itself."""
    for making, wide in ((CREATE_CLUSTER_BINDINGS, True), (CREATE_ROLE_BINDINGS, False)):
        for hold, need in ways.held.by_binding(making):
            if hold.names is None:
                yield from _new(ways, hold, need, wide=wide)
    for changing, wide in ((CHANGE_CLUSTER_BINDINGS, True), (CHANGE_ROLE_BINDINGS, False)):
        for hold, need in ways.held.by_binding(changing):
            yield from _joined(ways, hold, need, wide=wide)


def _new(ways: Ways, hold: Hold, need: Need, *, wide: bool) -> Iterator[Fan]:
    """Yield what new bindings give."""
    what = "ClusterRoleBindings" if wide else f"RoleBindings{where(hold.namespace)}"
    for wanted, resource in ((BIND_CLUSTER_ROLES, "ClusterRoles"), (BIND_ROLES, "Roles")):
        if wide and wanted is BIND_ROLES:
            continue
        for bind, binding in ways.held.by_binding(wanted):
            scope = scope_of(hold, bind)
            if scope is None or (wide and bind.namespace):
                continue
            roles = _bindable(ways, bind, scope, cluster=wanted is BIND_CLUSTER_ROLES)
            may = f"may create {what} and bind {resource}{_named(bind)}"
            yield from _gains(ways, may, roles, scope, (need, binding), wide=wide)


def _named(hold: Hold) -> str:
    return "" if hold.names is None else f" {' and '.join(sorted(hold.names)[:3])}"


def _bindable(ways: Ways, bind: Hold, scope: str, *, cluster: bool) -> list[Ref]:
    """Return the roles that may be bound; `cluster-admin` is always there."""
    if cluster:
        names = bind.names if bind.names is not None else {"cluster-admin"}
        refs = [kinds.CLUSTER_ROLES.ref("", name) for name in sorted(names)]
        return [ref for ref in refs if ref in ways.policy.roles or is_unlimited(ref, ways.policy)]
    return [
        ref
        for ref in sorted(ways.policy.roles)
        if ref.kind == kinds.ROLES.kind and bind.covers(ref.name, ref.namespace)
        if scope in ("", ref.namespace)
    ]


def _gains(
    ways: Ways, may: str, roles: list[Ref], scope: str, needs: tuple[Need, ...], *, wide: bool
) -> Iterator[Fan]:
    """Yield the place that these roles make in a namespace, or in all."""
    if any(is_unlimited(role, ways.policy) for role in roles):
        if scope or wide:
            yield Fan(only(Whole(scope)), may, ", so it gives itself ", needs)
        else:
            yield Fan(Hub("namespaces"), may, ", so it gives itself ", needs)
    elif roles and not ways.seat.extra and ways.seat.through is None:
        seat = Seat(ways.seat.who, extra=tuple(roles), scope=scope)
        yield Fan(only(seat), may, ", so it makes itself ", needs)


def _joined(ways: Ways, hold: Hold, need: Need, *, wide: bool) -> Iterator[Fan]:
    """Yield what joining bindings that are there already gives."""
    kind = kinds.CLUSTER_ROLE_BINDINGS.kind if wide else kinds.ROLE_BINDINGS.kind
    for bind, binding in ways.held.by_binding((*BIND_CLUSTER_ROLES, *BIND_ROLES)):
        for ref, role in ways.roles.unlimited:
            resource = "clusterroles" if role.kind == kinds.CLUSTER_ROLES.kind else "roles"
            if (
                ref.kind == kind
                and hold.covers(ref.name, ref.namespace)
                and bind.ask.resource == resource
                and bind.covers(role.name, ref.namespace)
            ):
                may = f"may change {ref.label} and bind {role.label}"
                to = only(Whole(ref.namespace))
                yield Fan(to, may, ", so it gives itself ", (need, binding), policy=True)


_CHANGING: tuple[tuple[tuple[Ask, ...], tuple[Ask, ...], str], ...] = (
    (ESCALATE_CLUSTER_ROLES, CHANGE_CLUSTER_ROLES, kinds.CLUSTER_ROLES.kind),
    (ESCALATE_ROLES, CHANGE_ROLES, kinds.ROLES.kind),
)


def by_escalating(ways: Ways) -> Iterator[Fan]:
    """Yield what whoever may write any rule into a role that it holds gets."""
    if ways.seat.through is not None or ways.seat.extra:
        return
    for escalating, changing, kind in _CHANGING:
        for escalate, first in ways.held.by_binding(escalating):
            for change, second in ways.held.by_binding(changing):
                for grant in ways.held.grants:
                    home = grant.role.namespace
                    if (
                        grant.role.kind == kind
                        and escalate.covers(grant.role.name, home)
                        and change.covers(grant.role.name, home)
                        and (home or not (escalate.namespace or change.namespace))
                    ):
                        may = f"may write any rule into {grant.role.label}, which it holds"
                        needs = (first, second, Need(grant))
                        yield Fan(only(Whole(grant.namespace)), may, ", so it gains ", needs)
