"""Front doors: the workloads that are made to be called by everybody."""

from typing import cast

from k8sharden.analysis.network.calls.controllers import (
    GATEWAY_LABELS,
    controllers_of,
    families_of,
)
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload, workloads

CALLERS_BEYOND = (kinds.VALIDATING_WEBHOOKS, kinds.MUTATING_WEBHOOKS, kinds.API_SERVICES)
"""What tells which ports the API server calls: no label of a policy reaches it."""


def front_doors(inventory: Inventory) -> frozenset[Ref]:
    """Return the workloads that carry the traffic of Ingresses or Gateways."""
    if "front-doors" not in inventory.cache:
        classes = [each.name for each in inventory.of(kinds.INGRESS_CLASSES, n.IngressClass)]
        gateways = inventory.of(kinds.GATEWAYS, n.Loose)
        classes += [str((each.spec or {}).get("gatewayClassName")) for each in gateways]
        serving = [each for name in classes for each in controllers_of(inventory).of_class(name)]
        known = [each for each in workloads(inventory) if _is_controller(each)]
        inventory.cache["front-doors"] = frozenset(each.ref for each in (*serving, *known))
    return cast("frozenset[Ref]", inventory.cache["front-doors"])


def perhaps_doors(inventory: Inventory) -> frozenset[Ref]:
    """Return the front doors, and what may be one by a class that could not be read."""
    found = front_doors(inventory)
    if all(inventory.entry(kind).complete for kind in (kinds.INGRESS_CLASSES, kinds.GATEWAYS)):
        return found
    return found | controllers_of(inventory).told


def _is_controller(workload: Workload) -> bool:
    of_gateway = any(key in workload.template_metadata.label for key in GATEWAY_LABELS)
    return of_gateway or any(True for _ in families_of(workload))
