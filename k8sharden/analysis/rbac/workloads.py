"""Which workloads run under which service account."""

from collections.abc import Mapping
from typing import cast

from k8sharden.analysis.rbac.subjects import ServiceAccount
from k8sharden.model.inventory import Inventory
from k8sharden.model.workloads import Workload, workloads


def account_under(workload: Workload) -> ServiceAccount:
    """Return the service account that a workload's pods run under."""
    return workload.namespace, workload.spec.service_account_name or "default"


def workloads_under(account: ServiceAccount, inventory: Inventory) -> tuple[Workload, ...]:
    """Return the workloads whose pods run under a service account."""
    if "by-account" not in inventory.cache:
        found: dict[ServiceAccount, list[Workload]] = {}
        for workload in workloads(inventory):
            found.setdefault(account_under(workload), []).append(workload)
        inventory.cache["by-account"] = found
    by_account = cast("Mapping[ServiceAccount, list[Workload]]", inventory.cache["by-account"])
    return tuple(by_account.get(account, ()))
