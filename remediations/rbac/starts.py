"""Starting points for whoever holds everything: `admin` for people, by purpose for accounts."""

from k8sharden.analysis.rbac.from_use import ByNamespace, by_namespace, is_granted
from k8sharden.analysis.rbac.narrowed import asked_in
from k8sharden.analysis.rbac.parts import STARTING_POINT
from k8sharden.analysis.rbac.policy import Grant
from k8sharden.analysis.rbac.purpose import Purpose, fine_purpose, purpose
from k8sharden.analysis.rbac.starting import SAID, starting_point
from k8sharden.analysis.rbac.subjects import ServiceAccount, is_account_group, service_account
from k8sharden.analysis.rbac.unlimited import unlimited_bindings
from k8sharden.analysis.rbac.workloads import workloads_under
from k8sharden.analysis.system import is_broad_group, is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.workloads import workloads
from remediations.rbac.moves import MOST_NAMESPACES, Move, Stay, stays_for_people
from remediations.rbac.namespace_admins import ADMIN

_GUESS = "A guess by k8sharden from names and images. Compare it with the audit log."
_NAMED = {
    Purpose.GITOPS: "gitops",
    Purpose.SCRAPER: "scraper",
    Purpose.INGRESS: "ingress",
    Purpose.OTHER: "reader",
}
_IDLE = (
    "Needs testing: nothing runs under {who}, so it gets no role instead. Make sure that nobody "
    "uses its token from outside."
)
_ADMIN_SAID = (
    "Needs testing: ClusterRole admin leaves out quotas, limit ranges, the namespace's own labels, "
    "giving away more than one holds, and custom resources that nobody added to it."
)


def people_start(subject: o.Subject, grant: Grant) -> Move | Stay:
    """Give people Kubernetes' own role for them, where they hold everything in one namespace."""
    if not grant.namespace:
        return stays_for_people(subject)
    if is_broad_group(subject.name) or is_account_group(subject.name):
        return Stay(
            subject,
            f"{subject.label} is anybody: find out who needs something there, give them a role of "
            "their own, then take it out of the binding.",
        )
    return Move(
        subject,
        {grant.namespace: ()},
        ((STARTING_POINT, "A guess by k8sharden. Compare it with the audit log."),),
        (_ADMIN_SAID,),
        name=f"{grant.binding.name}-admin",
        role=ADMIN,
    )


def account_start(
    subject: o.Subject, account: ServiceAccount, grant: Grant, inventory: Inventory
) -> Move | Stay:
    """Give a service account a starting point."""
    label = f"{account[0]}/{account[1]}"
    first = _first_binding(account, grant, inventory)
    if first != grant.binding.name:
        return Move(subject, said=(f"The roles instead come with ClusterRoleBinding {first}.",))
    what = fine_purpose(account, grant.binding.name, inventory)
    if what is Purpose.OTHER and _is_idle(account, inventory):
        return Move(subject, said=(_IDLE.format(who=label),))
    spaces = (grant.namespace,) if grant.namespace else applications(account[0], inventory)
    if what in (Purpose.DEPLOYER, Purpose.GITOPS) and not 0 < len(spaces) <= MOST_NAMESPACES:
        return _nowhere(subject, label, spaces, grant)
    rules = _rules(what, account[0], spaces, grant)
    where = ", ".join(space for space in rules if space)
    name = _name(account, what, grant, inventory)
    note = (
        f"Needs testing: role {name} is a guess. It lets {label} {SAID[what].format(where=where)}."
    )
    more = "Compare it with the audit log." + (
        " Who may roll out workloads can still run them under any service account there."
        if what in (Purpose.DEPLOYER, Purpose.GITOPS)
        else ""
    )
    left = {space: rules[space] for space in rules if not _has(account, space, inventory)}
    kept = tuple(each for space, some in left.items() for each in asked_in(some, space))
    return Move(subject, left, ((STARTING_POINT, _GUESS),), (f"{note} {more}",), kept, name)


def _is_idle(account: ServiceAccount, inventory: Inventory) -> bool:
    """Whether it is known that nothing runs under a service account."""
    live = inventory.source.kind is not SourceKind.MANIFESTS
    known = live and inventory.entry(kinds.PODS).covers(account[0])
    return known and not workloads_under(account, inventory)


def _rules(what: Purpose, home: str, spaces: tuple[str, ...], grant: Grant) -> ByNamespace:
    """Return a starting point, as far as the binding allows it."""
    if grant.namespace:
        in_it = Purpose.DEPLOYER if what is Purpose.GITOPS else what
        limited = in_it if in_it is Purpose.DEPLOYER else Purpose.OTHER
        rules = starting_point(limited, grant.namespace, spaces)
    else:
        rules = starting_point(what, home, spaces)
    asks = (each for space, some in rules.items() for each in asked_in(some, space))
    return by_namespace(each for each in asks if is_granted(grant, each))


def _nowhere(subject: o.Subject, label: str, spaces: tuple[str, ...], grant: Grant) -> Stay:
    seen = f"{len(spaces)} namespaces run" if spaces else "no other namespace runs"
    return Stay(
        subject,
        f"{label} seems to deploy applications, but {seen} any that it could be meant for: write "
        f"Roles for those that it really deploys to, then delete {grant.binding.label}.",
    )


def _name(account: ServiceAccount, what: Purpose, grant: Grant, inventory: Inventory) -> str:
    home, name = account
    if what is not Purpose.DEPLOYER:
        return f"{name}-{_NAMED[what]}"
    if grant.namespace:
        return f"{name}-deployer"
    return f"{home}-deployer" if len(_deployers(home, inventory)) < 2 else f"{home}-{name}-deployer"  # noqa: PLR2004 - alone or not


def applications(home: str, inventory: Inventory) -> tuple[str, ...]:
    """Return the namespaces that run something, but the cluster's own and the deployer's."""
    ending = {space.name for space in inventory.namespaces if space.metadata.deletion_timestamp}
    used = {work.namespace for work in workloads(inventory)} - ending - {home, ""}
    return tuple(sorted(space for space in used if not is_system_namespace(space)))


def _first_binding(account: ServiceAccount, grant: Grant, inventory: Inventory) -> str:
    """Return the first of the ClusterRoleBindings that allow this account everything."""
    names = [
        name
        for name, (_, subjects) in unlimited_bindings(inventory).items()
        if account in map(service_account, subjects)
    ]
    return names[0] if names and not grant.namespace else grant.binding.name


def _deployers(home: str, inventory: Inventory) -> set[ServiceAccount]:
    """Return the deployers of a namespace that are to get Roles, which need names of their own."""
    return {
        account
        for name, (_, subjects) in unlimited_bindings(inventory).items()
        for account in map(service_account, subjects)
        if account and account[0] == home
        if purpose(account, name, inventory) is Purpose.DEPLOYER
    }


def _has(account: ServiceAccount, space: str, inventory: Inventory) -> bool:
    """Whether a starting point of ours names the service account in a namespace already."""
    kind = kinds.ROLE_BINDINGS if space else kinds.CLUSTER_ROLE_BINDINGS
    return any(
        binding.namespace == space
        and STARTING_POINT in binding.metadata.annotation
        and any(service_account(each, space) == account for each in binding.subjects or ())
        for binding in inventory.of(kind, o.Binding)
    )
