"""How often dangerous rights were used, as an audit log shows it.

Only requests that were allowed count: a denied one is no use of a right.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from k8sharden.analysis.rbac.asked import asked_by, is_shown, uses_of
from k8sharden.analysis.rbac.authorize import Request
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.usage import Usage

_DAY = 86_400.0


class Used(NamedTuple):
    """Requests that used a right: how many, when the last was (seconds since 1970), 0 for none.

    ``days`` is how long the log is.
    """

    times: int
    last: float
    days: int

    @property
    def words(self) -> str:
        """A sentence: ``Used 12 times in the log, last on 2026-11-20.``."""
        if not self.times:
            return f"Not used in {_log(self.days)}."
        often = "once" if self.times == 1 else f"{self.times} times"
        return f"Used {often} in the log, last on {self.day}."

    @property
    def day(self) -> str:
        """The day of the last use in UTC, ``2026-11-20``; empty where there was none."""
        return datetime.fromtimestamp(self.last, UTC).date().isoformat() if self.times else ""

    @property
    def evidence(self) -> dict[str, Any]:
        """The same as JSON."""
        return {"used": self.times, "used_last": self.day, "log_days": self.days}


def used(
    ref: Ref, subjects: Iterable[o.Subject], requests: Iterable[Request], inventory: Inventory
) -> Used | None:
    """Return how often a binding's subjects made requests where it holds.

    None without a log, and where it shows no use and cannot show what one of them did.
    """
    usage, known = inventory.facts.usage, list(subjects)
    if usage is None:
        return None
    wanted = {(each.verb, each.group, each.resource) for each in requests}
    seen = {
        use
        for subject in known
        for use in uses_of(subject, ref.namespace, inventory)
        if (use.verb, use.group, use.resource) in wanted
        if ref.namespace in ("", use.namespace)
    }
    if not seen and not all(is_shown(each, inventory) for each in known):
        return None
    last = max((use.last for use in seen), default=0.0)
    return Used(sum(use.allowed for use in seen), last, _days(usage))


def activity(subject: str, inventory: Inventory) -> str:
    """Return in a sentence how often a subject asked at all; empty without a log.

    ``subject`` is its key, see `subjects.key`.
    """
    usage = inventory.facts.usage
    if usage is None:
        return ""
    seen = asked_by(subject, inventory)
    if not seen:
        return _silence(subject, usage, inventory)
    count, denied = sum(use.allowed for use in seen), sum(use.denied for use in seen)
    last = datetime.fromtimestamp(max(use.last for use in seen), UTC).date().isoformat()
    refused = f", {denied:,} more denied" if denied else ""
    return f"Requests in {_log(_days(usage))}: {count:,}{refused}, the last on {last}."


def _silence(subject: str, usage: Usage, inventory: Inventory) -> str:
    kind, _, name = subject.partition(" ")
    if not is_shown(o.Subject(kind, name), inventory):
        return "The log names nobody's groups, so it does not show what its members asked for."
    return f"No request in {_log(_days(usage))}."


def _log(days: int) -> str:
    return f"the log's {days} days" if days > 1 else "the log of a day or less"


def _days(usage: Usage) -> int:
    return max(1, round((usage.last - usage.first) / _DAY))
