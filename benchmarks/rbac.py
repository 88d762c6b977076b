"""Who may do what among many bindings: who-can, rights, and who loses what.

The floor is one plain pass over the bindings that compares the names of their subjects, in the same
run. What is asked about is the worst there is: a group in every twentieth binding, a ClusterRole in
every tenth. Ends with 1 where an answer takes longer than people wait for, or grows faster than the
bindings do.

    python -m benchmarks.rbac
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.built_in import built_in_roles
from k8sharden.analysis.rbac.chains import chains_of
from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.rbac.matrix import matrix_of
from k8sharden.analysis.rbac.policy import RBAC, Changed, policy_of
from k8sharden.analysis.rbac.rights import rights_of
from k8sharden.analysis.rbac.subjects import identity
from k8sharden.analysis.rbac.who_can import who_can
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.meta import Meta

FEW, MANY = 1_000, 10_000
RUNS = 5
GOAL_SECONDS = 0.3
GOAL_GROWTH = 20.0
"""Ten times the bindings may take twenty times as long: caches of the processor are small."""

STAFF = o.Subject("Group", "staff")
SHARED = "shared"
SECRETS = Request("get", "", "secrets")


def main() -> int:
    """Measure both sizes and print a table."""
    few, many = measured(FEW), measured(MANY)
    print(f"{'':<28}{FEW:>9,}{MANY:>11,}{'growth':>9}{'of floor':>10}   bindings, in ms")
    worst, growth = 0.0, 0.0
    for name, seconds in many.items():
        grown, ratio = seconds / few[name], seconds / many["one plain pass"]
        print(f"{name:<28}{few[name] * 1e3:>9.2f}{seconds * 1e3:>11.2f}{grown:>9.1f}{ratio:>10.1f}")
        worst, growth = max(worst, seconds), max(growth, grown)
    print(
        f"slowest {worst:.2f} s, goal {GOAL_SECONDS:.2f} s; growth {growth:.1f}, goal {GOAL_GROWTH}"
    )
    return 0 if worst <= GOAL_SECONDS and growth <= GOAL_GROWTH else 1


def measured(many: int) -> Mapping[str, float]:
    """Return the least seconds that each question takes, by its name."""
    inventory = filled(many)
    bindings = policy_of(inventory).bindings
    staff = identity(STAFF)

    def anew() -> Inventory:
        return msgspec.structs.replace(inventory, cache={})

    def rights() -> None:
        policy = policy_of(inventory)
        chains_of(staff, policy)
        matrix_of(staff, policy)
        rights_of(staff, policy)

    questions: dict[str, Callable[[], Any]] = {
        "one plain pass": lambda: sum(
            each.name == STAFF.name for b in bindings.values() for each in b.subjects or ()
        ),
        "the first question": lambda: list(policy_of(anew()).grants(staff)),
        "who-can get secrets": lambda: who_can(SECRETS, inventory),
        "rights of a group": rights,
        "a binding that goes": lambda: lost_access(_gone(), inventory),
        "a shared role that shrinks": lambda: lost_access(_smaller(), inventory),
    }
    for ask in questions.values():
        ask()
    return {name: min(timed(ask) for _ in range(RUNS)) for name, ask in questions.items()}


def timed(ask: Callable[[], Any]) -> float:
    """Return the seconds of the processor that a call takes: it waits for nothing else."""
    begun = time.process_time()
    ask()
    return time.process_time() - begun


def _gone() -> Changed:
    return {kinds.CLUSTER_ROLE_BINDINGS.ref("", "b0"): None}


def _smaller() -> Changed:
    ref = kinds.CLUSTER_ROLES.ref("", SHARED)
    return {ref: {"metadata": {"name": SHARED}, "rules": []}}


def filled(many: int) -> Inventory:
    """Return an inventory with so many bindings, and a role for every fifth of them."""
    cluster = list(built_in_roles().values())
    cluster += [_role(number, "") for number in range(many // 10)]
    cluster.append(o.Role(Meta(SHARED), rules=_role(0, "").rules))
    held: dict[str, tuple[o.Object, ...]] = {
        kinds.CLUSTER_ROLES.key: tuple(cluster),
        kinds.ROLES.key: tuple(_role(number, _space(number)) for number in range(0, many, 10)),
        kinds.CLUSTER_ROLE_BINDINGS.key: tuple(_binding(n, "") for n in range(0, many, 10)),
        kinds.ROLE_BINDINGS.key: tuple(_binding(n, _space(n)) for n in range(many) if n % 10),
    }
    ledger = {kind.key: Entry(kind.key, Coverage.READ) for kind in RBAC}
    return Inventory(Source(SourceKind.CLUSTER, "bench"), held, ledger)


def _space(number: int) -> str:
    return f"team-{number // 20:04}"


def _role(number: int, space: str) -> o.Role:
    verbs = ["get", "list", "watch", "create", "update"]
    rules = [
        o.PolicyRule(verbs[: 1 + number % 5], ["", "apps"], ["pods", "services", "deployments"]),
        o.PolicyRule(["get"], [""], ["secrets"] if number % 7 == 0 else ["configmaps"]),
    ]
    return o.Role(Meta(f"r{number}", space or None), rules=rules)


def _binding(number: int, space: str) -> o.Binding:
    account = o.Subject("ServiceAccount", f"app-{number % 50}", _space(number))
    subjects = [account, STAFF] if number % 20 == 0 or number % 20 == 11 else [account]
    if number % 10 == 1:
        role = o.RoleRef(kind="ClusterRole", name=SHARED)
    elif number % 10 == 2:
        role = o.RoleRef(kind="ClusterRole", name="edit")
    else:
        kind = "Role" if space and number % 2 else "ClusterRole"
        role = o.RoleRef(
            kind=kind, name=f"r{number - number % 10 if kind == 'Role' else number % 100}"
        )
    return o.Binding(Meta(f"b{number}", space or None), role, subjects)


if __name__ == "__main__":
    sys.exit(main())
