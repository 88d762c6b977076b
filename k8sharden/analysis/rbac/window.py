"""The window of an audit log in words, and what runs too seldom to have been seen in it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from k8sharden.analysis.rbac.schedules import longest_wait
from k8sharden.analysis.rbac.subjects import ServiceAccount
from k8sharden.analysis.rbac.workloads import account_under
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.usage import Usage
from k8sharden.model.workloads import workloads

_DAY = 86_400.0
_UNITS = (("day", _DAY), ("hour", 3600.0), ("minute", 60.0))

ENOUGH = 6.5 * _DAY
"""Seconds: a log that is shorter does not show what is done once a week."""


def length(usage: Usage) -> float:
    """Return how long a log is, in seconds."""
    return max(0.0, usage.last - usage.first)


def days(usage: Usage) -> tuple[str, str]:
    """Return the first and the last day of a log in UTC, ``2026-11-09``."""
    first, last = (
        datetime.fromtimestamp(moment, UTC).date().isoformat()
        for moment in (usage.first, usage.last)
    )
    return first, last


def words(usage: Usage) -> str:
    """Write ``2026-11-09 to 2026-11-23, 14 days``."""
    first, last = days(usage)
    seconds = length(usage)
    unit, size = next((each for each in _UNITS if seconds >= each[1]), _UNITS[-1])
    count = round(seconds / size)
    when = first if first == last else f"{first} to {last}"
    return f"{when}, {count} {unit}{'s' * (count != 1)}" if count else f"{when}, under a minute"


def seldom(account: ServiceAccount, usage: Usage, inventory: Inventory) -> Iterator[Ref]:
    """Yield the CronJobs under a service account that may not have run while the log was kept."""
    schedules = {
        kinds.CRON_JOBS.ref(each.namespace, each.name): each.spec.schedule
        for each in inventory.of(kinds.CRON_JOBS, o.CronJob)
    }
    for work in workloads(inventory):
        wait = longest_wait(schedules.get(work.ref, ""))
        if work.ref in schedules and account_under(work) == account and wait > length(usage):
            yield work.ref
