"""Measures escalation paths over 10,000 bindings of 2,000 service accounts.

Run from the repository's root: `python -m benchmarks.paths [RUNS]`. The roles are drawn from a
seed: most read, one in five leads on (tokens, deployments, shells, Secrets), five accounts are
cluster-admin. Measured are the best path of everybody, the first answer for one account, and the
overview with its cuts: by the median, after the cluster is made.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable

from k8sharden.analysis.rbac.paths import escalations, shortest, starts, worst_paths
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.meta import Meta

BINDINGS, ACCOUNTS, NAMESPACES, ADMINS = 10_000, 2_000, 200, 5
RUNS = 5
_SHARES = {"reader": 70, "secrets": 10, "deployer": 5, "debugger": 5, "tokens": 1}
_RULES = {
    "reader": (["get", "list", "watch"], "", ["pods", "services", "configmaps"]),
    "secrets": (["get", "list"], "", ["secrets"]),
    "deployer": (["get", "create", "update", "patch"], "apps", ["deployments"]),
    "debugger": (["create"], "", ["pods/exec"]),
    "tokens": (["create"], "", ["serviceaccounts/token"]),
    "cluster-admin": (["*"], "*", ["*"]),
}


def inventory() -> Inventory:
    """Return the cluster, the same each time."""
    drawn = random.Random(1)  # noqa: S311 - no secret
    spaces = [f"team-{number}" for number in range(NAMESPACES)]
    accounts = [(spaces[n % NAMESPACES], f"app-{n}") for n in range(ACCOUNTS)]
    names = drawn.choices(list(_SHARES), list(_SHARES.values()), k=BINDINGS)
    bound = tuple(
        _binding(f"b-{n}", drawn.choice(spaces), name, drawn.choice(accounts))
        for n, name in enumerate(names)
    )
    admins = tuple(_binding(f"a-{n}", "", "cluster-admin", accounts[n]) for n in range(ADMINS))
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    held: dict[str, tuple[o.Object, ...]] = {
        kinds.CLUSTER_ROLES.key: tuple(
            o.Role(Meta(name), [o.PolicyRule(verbs, [group], resources)])
            for name, (verbs, group, resources) in _RULES.items()
        ),
        kinds.ROLE_BINDINGS.key: bound,
        kinds.CLUSTER_ROLE_BINDINGS.key: admins,
        kinds.SERVICE_ACCOUNTS.key: tuple(o.ServiceAccount(Meta(n, s)) for s, n in accounts),
        kinds.NAMESPACES.key: tuple(o.Namespace(Meta(name, labels=labels)) for name in spaces),
    }
    ledger = {kind.key: Entry(kind.key, Coverage.READ) for kind in kinds.ALL}
    return Inventory(Source(SourceKind.CLUSTER, "made", server_version="v1.36.4"), held, ledger)


def _binding(name: str, space: str, role: str, account: tuple[str, str]) -> o.Binding:
    subject = o.Subject("ServiceAccount", account[1], account[0])
    return o.Binding(Meta(name, space or None), o.RoleRef(kind="ClusterRole", name=role), [subject])


def _seconds(work: Callable[[Inventory], object], runs: int) -> float:
    taken = []
    for _ in range(runs):
        made = inventory()
        began = time.perf_counter()
        work(made)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def main() -> None:
    """Print the medians."""
    runs = int(sys.argv[1]) if sys.argv[1:] else RUNS
    everybody = _seconds(worst_paths, runs)
    one = _seconds(lambda made: shortest(next(starts(made)), made), runs)
    overview = _seconds(lambda made: escalations(starts(made), made), runs)
    print(f"{BINDINGS:,} bindings, {ACCOUNTS:,} accounts, {len(worst_paths(inventory())):,} paths")
    print(f"everybody's path: {everybody:.2f} s")
    print(f"one account's path, from nothing: {one:.2f} s")
    print(f"the overview with its cuts: {overview:.2f} s")


if __name__ == "__main__":
    main()
