"""Whose log it is: a role that is made from another cluster's log takes rights away at random.

A uid is never given twice, so that one that both know settles it. An account that was made anew has
another one: where some uids agree, others that do not mean nothing.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory, SourceKind
from k8sharden.model.text import one_line
from k8sharden.model.usage import Usage

_ENOUGH = 3
"""Namespaces of a log, none of which is here, that make it another cluster's."""
_EVERYWHERE = ("", "default", "kube-system", "kube-public", "kube-node-lease")


class Whose(StrEnum):
    """Which cluster a log is of."""

    THIS = "this"
    ANOTHER = "another"
    UNKNOWN = "unknown"


class Verdict(NamedTuple):
    """Whose a log is, and why, in a sentence."""

    whose: Whose
    reason: str


def judge(usage: Usage, inventory: Inventory) -> Verdict:
    """Tell whether a log is of the cluster that was read."""
    if inventory.source.kind is SourceKind.MANIFESTS:
        return Verdict(
            Whose.UNKNOWN,
            "Manifests have no uids: whether the log is of the cluster that they are for, only you "
            "can tell.",
        )
    return (
        _by_accounts(usage, inventory)
        or _by_objects(usage, inventory)
        or _by_name(usage, inventory)
        or _by_namespaces(usage, inventory)
        or Verdict(
            Whose.UNKNOWN,
            "Nothing in the log tells whether it is of this cluster: it holds no service account "
            "that is known here.",
        )
    )


def _by_accounts(usage: Usage, inventory: Inventory) -> Verdict | None:
    """Compare the uids of service accounts, which every event of theirs has."""
    known = _accounts(inventory)
    both = sorted(usage.uids.keys() & known.keys())
    same = [user for user in both if known[user] in usage.uids[user]]
    if same:
        return Verdict(Whose.THIS, f"The uid of {_shown(same[0])} is the same here.")
    if both:
        count = f"{len(both)} service accounts" if len(both) > 1 else "the only service account"
        return Verdict(
            Whose.ANOTHER,
            f"{count} that it names and that there is here, such as {_shown(both[0])}, "
            f"{'have' if len(both) > 1 else 'has'} another uid here.",
        )
    return None


def _accounts(inventory: Inventory) -> Mapping[str, str]:
    return {
        f"system:serviceaccount:{each.namespace}:{each.name}": each.metadata.uid
        for each in inventory.of(kinds.SERVICE_ACCOUNTS, o.Object)
        if each.metadata.uid
    }


def _by_objects(usage: Usage, inventory: Inventory) -> Verdict | None:
    """Look for the uids of other objects. One that is not here may be gone, and proves nothing."""
    if not usage.objects:
        return None
    for items in inventory.objects.values():
        for item in items:
            if item.metadata.uid in usage.objects:
                return Verdict(Whose.THIS, "An object that it names has the same uid here.")
    return None


def _by_name(usage: Usage, inventory: Inventory) -> Verdict | None:
    """Compare the names that GKE and EKS give clusters with the context that their tools make.

    Such a context is ``gke_PROJECT_LOCATION_NAME`` or ``arn:aws:eks:REGION:ACCOUNT:cluster/NAME``;
    another one may be called anything, and proves nothing.
    """
    context = inventory.source.name
    name = ""
    if context.startswith("gke_"):
        name = context.split("_", 3)[-1]
    elif context.startswith("arn:") and ":cluster/" in context:
        name = context.rpartition("/")[2]
    if not name or not usage.clusters:
        return None
    if name in usage.clusters:
        return Verdict(Whose.THIS, f"It names the cluster {one_line(name, 100)}, which this is.")
    other = one_line(usage.clusters[0], 100)
    return Verdict(Whose.ANOTHER, f"It names the cluster {other}; this is {one_line(name, 100)}.")


def _by_namespaces(usage: Usage, inventory: Inventory) -> Verdict | None:
    """Look for the namespaces in which something was allowed: a hint, where there are several."""
    if not inventory.entry(kinds.NAMESPACES).complete:
        return None
    asked = {use.namespace for use in usage.uses if use.allowed}.difference(_EVERYWHERE)
    if len(asked) >= _ENOUGH and not asked.intersection(inventory.namespace_names):
        some = ", ".join(one_line(name, 63) for name in sorted(asked)[:_ENOUGH])
        return Verdict(Whose.ANOTHER, f"None of its namespaces is here: {some}.")
    return None


def _shown(user: str) -> str:
    return one_line(user.removeprefix("system:serviceaccount:").replace(":", "/", 1), 130)
