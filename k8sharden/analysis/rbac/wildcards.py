"""Wildcards in rules: where ``*`` stands, and what it takes in.

Kubernetes' own groups are told from those of CustomResourceDefinitions: there ``*`` takes in what
an operator brought itself.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sharden.analysis.rbac.known import READS, RESOURCES
from k8sharden.model import objects as o
from k8sharden.model.finding import Severity

_OWN = frozenset(RESOURCES) | {
    "*",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "resource.k8s.io",
    "storagemigration.k8s.io",
}
_SAYS_NOTHING = re.compile(
    r"api|apps?|cloud|com|controller|dev|example|io|k8s|kubernetes|manager|net|operator|org|sh|"
    r"system|x"
)
_ALIKE = 4


class Wild(NamedTuple):
    """One ``*`` of a rule: how bad in the whole cluster, what it allows, and why not worse."""

    severity: Severity
    words: str
    why: str = ""


def wild(rule: o.PolicyRule, owners: Iterable[str], *, everywhere: bool) -> Iterator[Wild]:
    """Yield what is wild in a rule that names no objects.

    ``owners`` are the names of whom it is for: the group of a CustomResourceDefinition that is
    called like them is theirs, and they may do in it what they like.
    """
    if rule.resource_names:
        return
    if everywhere and {"*", "/*"} & set(rule.non_resource_urls or ()):
        yield Wild(Severity.MEDIUM, f"{_verbs(rule)} on every URL", "no objects are among them")
    groups = rule.api_groups or ()
    own = [group for group in groups if group in _OWN]
    if own and rule.resources:
        yield from _in_own(rule, own)
    words = list(owners)
    others = [group for group in groups if group not in _OWN and not _is_theirs(group, words)]
    if others and "*" in (*(rule.verbs or ()), *(rule.resources or ())) and _writes(rule):
        why = "no kinds of Kubernetes' own are among them"
        yield Wild(Severity.LOW, f"{_verbs(rule)} on {_resources(rule)} of {_names(others)}", why)


def _in_own(rule: o.PolicyRule, own: list[str]) -> Iterator[Wild]:
    """Yield what is wild in Kubernetes' own groups."""
    verbs, resources = set(rule.verbs or ()), set(rule.resources or ())
    said = f"{_verbs(rule)} on {_resources(rule)}"
    if "*" in resources:
        secrets = {"", "*"} & set(own) and verbs & {"*", *READS}
        said += f" of {_names(own)}" + (", Secrets among them" if secrets else "")
        bad = secrets or _writes(rule)
        why = "" if bad else "they are only read, and no Secrets are among them"
        yield Wild(Severity.HIGH if bad else Severity.LOW, said, why)
    elif "*" in verbs:
        yield Wild(Severity.MEDIUM, said, "its resources are named")
    elif "*" in own and not all(each.startswith("*/") for each in resources):
        yield Wild(Severity.LOW, f"{said} of every group", "its verbs and resources are named")


def _writes(rule: o.PolicyRule) -> bool:
    return not set(rule.verbs or ()) <= set(READS)


def _verbs(rule: o.PolicyRule) -> str:
    return "every verb" if "*" in (rule.verbs or ()) else ", ".join(rule.verbs or ())


def _resources(rule: o.PolicyRule) -> str:
    return "every resource" if "*" in (rule.resources or ()) else ", ".join(rule.resources or ())


def _names(groups: list[str]) -> str:
    return "every group" if "*" in groups else ", ".join(group or "core" for group in groups)


def _is_theirs(group: str, owners: Iterable[str]) -> bool:
    """Whether a group is called like somebody: argoproj.io and argocd."""
    names = [word for owner in owners for word in _told(owner)]
    return any(_alike(word, name) for word in _told(group) for name in names)


def _told(text: str) -> list[str]:
    """Return the words of a name that tell anything."""
    return [
        word for word in re.findall(r"[a-z0-9]+", text[:500]) if not _SAYS_NOTHING.fullmatch(word)
    ]


def _alike(word: str, name: str) -> bool:
    return word == name or (len(word) >= _ALIKE and word[:_ALIKE] == name[:_ALIKE])
