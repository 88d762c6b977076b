"""The frame of the items about whom a binding names: one finding per binding that names somebody.

An item says who should not be there (a `Fault`); `judge` does the rest, and
`remediations/rbac/leaving.py` takes them out.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from k8sharden.analysis.rbac.bindings import about
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.model import objects as o
from k8sharden.model.finding import Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item
from k8sharden.model.ref import Ref


class Fault(msgspec.Struct, frozen=True):
    """Who in a binding should not be there.

    ``severity`` is None where the item's own holds; ``system`` where it is the cluster's business.
    """

    subjects: tuple[o.Subject, ...]
    message: str
    severity: Severity | None = None
    evidence: Mapping[str, Any] = {}
    path: str = "subjects"
    system: bool = False


Judge = Callable[[Ref, o.Binding, Inventory], Fault | None]


def judge(item: Item, inventory: Inventory, fault: Judge) -> Iterator[Finding]:
    """Yield one finding of ``item`` for each binding with a fault, in order."""
    for ref, binding in sorted(policy_of(inventory).bindings.items()):
        wrong = fault(ref, binding, inventory)
        if wrong is not None:
            yield Finding(
                item.id,
                item.area,
                wrong.severity or item.severity,
                Status.FAIL,
                ref,
                wrong.message,
                path=wrong.path,
                evidence={
                    **about(ref, wrong.subjects, inventory),
                    "role": binding.role_ref.name,
                    **wrong.evidence,
                },
                system=wrong.system,
            )
