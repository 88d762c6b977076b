"""A log replayed against other roles and bindings: which of its requests would have been denied."""

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from k8sharden.analysis.rbac.asked import identity_in, uses_by_user
from k8sharden.analysis.rbac.authorize import Request, decide
from k8sharden.analysis.rbac.known import group_of
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.rights import Right
from k8sharden.analysis.rbac.subjects import Identity
from k8sharden.model.inventory import Inventory
from k8sharden.model.text import one_line
from k8sharden.model.usage import Use

_SHOWN = 4


class Replay(NamedTuple):
    """What became of the requests that were allowed then, and that the policy before allows.

    ``denied`` counts the requests that would be denied after, by who asked and for what.
    """

    requests: int
    denied: Counter[tuple[str, str]]

    @property
    def lost(self) -> int:
        """How many requests would have been denied."""
        return self.denied.total()

    @property
    def words(self) -> str:
        """``Of 1,204 requests in the log, 3 would have been denied: User ada: get … (2), …``."""
        if not self.requests:
            return "Nothing in the audit log was asked by whom this affects."
        asked = "1 request" if self.requests == 1 else f"{self.requests:,} requests"
        if not self.lost:
            return f"Of {asked} in the audit log, none would have been denied."
        worst = sorted(self.denied.items(), key=lambda item: (-item[1], item[0]))
        some = [f"{who}: {what} ({count:,})" for (who, what), count in worst[:_SHOWN]]
        more = f" and {len(worst) - _SHOWN} more kinds" if len(worst) > _SHOWN else ""
        shown = one_line("; ".join(some), 600)
        return f"Of {asked} in the audit log, {self.lost:,} would have been denied: {shown}{more}."


def replay(inventory: Inventory, before: Policy, after: Policy, affected: frozenset[str]) -> Replay:
    """Replay what the subjects with these keys, and the members of these groups, asked for.

    A request that the policy before does not allow was allowed by something else then (a role that
    is gone, another authorizer), and says nothing of the change.
    """
    requests, denied = 0, Counter[tuple[str, str]]()
    for who, use in _asked(inventory, affected):
        request = _request(use)
        if decide(before, who, request).allowed:
            requests += use.allowed
            if not decide(after, who, request).allowed:
                denied[who.label, _words(use)] += use.allowed
    return Replay(requests, denied)


def _asked(inventory: Inventory, affected: frozenset[str]) -> Iterator[tuple[Identity, Use]]:
    usage = inventory.facts.usage
    for user, uses in uses_by_user(inventory).items() if usage else ():
        who = identity_in(user, usage) if usage else Identity(user)
        if not affected.isdisjoint(who.subjects()):
            yield from ((who, use) for use in uses if use.allowed)


def _request(use: Use) -> Request:
    group = group_of(use.group, use.resource)
    return Request(use.verb, group, use.resource, use.namespace, use.name, use.path)


def _words(use: Use) -> str:
    return Right(use.namespace, use.verb, use.group, use.resource, "", use.path).words
