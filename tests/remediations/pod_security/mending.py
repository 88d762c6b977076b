"""Pods made to meet a level by the items' own changes, as plan after plan would make them.

A pod stands as the template of a Deployment, since bare pods are never changed. All items on Pod
Security answer, their changes are composed as a plan does, made, and looked at again.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import msgspec

from k8sharden.analysis.pod_security import Level, violations
from k8sharden.changes.compose import Wanted, compose
from k8sharden.model.change import Change
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.item import Item
from k8sharden.model.objects import Pod
from remediations import OWN
from tests.remediations.harness import applied, inventory

Json = dict[str, Any]

ITEMS: Mapping[str, tuple[str, ...]] = {
    "allowPrivilegeEscalation": ("pss-allow-privilege-escalation",),
    "appArmorProfile": ("pss-apparmor",),
    "capabilities_baseline": ("pss-capabilities-baseline",),
    "capabilities_restricted": ("pss-capabilities-restricted", "pss-capabilities-baseline"),
    "hostNamespaces": ("pss-host-namespaces",),
    "hostPathVolumes": ("pss-host-path",),
    "hostPorts": ("pss-host-ports",),
    "hostProbesAndHostLifecycle": ("pss-host-probes",),
    "privileged": ("pss-privileged",),
    "procMount": ("pss-proc-mount",),
    "procMount_restricted": ("pss-proc-mount",),
    "restrictedVolumes": ("pss-volume-types", "pss-host-path", "rt-gitrepo"),
    "runAsNonRoot": ("pss-run-as-non-root",),
    "runAsUser": ("pss-run-as-user",),
    "seLinuxOptions": ("pss-selinux",),
    "seccompProfile_baseline": ("rt-seccomp",),
    "seccompProfile_restricted": ("rt-seccomp",),
    "sysctls": ("pss-sysctls",),
    "windowsHostProcess": ("pss-windows-host-process",),
}
"""The items that answer for each control."""

PLANS = 3
"""How often a plan is made at most: what one takes away may be what held another change up."""

LABELS = {"app": "probe"}


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a pod: how it is now, which controls it still violates, and why.

    ``violated`` are the controls that it violated at first, and ``reasons`` what was said instead
    of a change, by control: nothing is said where an item found nothing.
    """

    pod: Json
    plans: int
    violated: tuple[str, ...]
    left: tuple[str, ...]
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def unanswered(self) -> tuple[str, ...]:
        """The controls that are violated still, although no item said why."""
        return tuple(control for control in self.left if not self.reasons.get(control))


def templated(pod: Json) -> Json:
    """Return the Deployment whose pods are like this one; no template has ephemeral containers."""
    spec = {key: value for key, value in pod["spec"].items() if key != "ephemeralContainers"}
    metadata = {key: pod["metadata"][key] for key in ("annotations",) if key in pod["metadata"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "probe", "namespace": "shop"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS, **metadata}, "spec": deepcopy(spec)},
        },
    }


def mended(pod: Json, level: Level, minor: int) -> Mended:
    """Have every change made that the items offer, at the policy version of 1.``minor``."""
    document, plans = templated(pod), 0
    violated = _violated(document, level, minor)
    changes, reasons = _answers(document, minor)
    while changes and plans < PLANS:
        (document,) = applied([document], changes)
        plans += 1
        changes, reasons = _answers(document, minor)
    left = _violated(document, level, minor)
    said = {each: tuple(reasons[i] for i in ITEMS[each] if i in reasons) for each in left}
    template = document["spec"]["template"]
    pod = {"metadata": {**template["metadata"], **_named(pod)}, "spec": template["spec"]}
    return Mended(pod, plans, violated, left, said)


def _named(pod: Json) -> Json:
    """Return the pod's name in the form that the API takes."""
    return {"name": pod["metadata"]["name"].replace("_", "-")}


def _violated(document: Json, level: Level, minor: int) -> tuple[str, ...]:
    template = document["spec"]["template"]
    pod = msgspec.convert({"metadata": template["metadata"], "spec": template["spec"]}, Pod)
    return tuple(each.control for each in violations(level, pod.spec, pod.metadata, minor))


def _answers(document: Json, minor: int) -> tuple[list[Change], Mapping[str, str]]:
    """Return the changes of one plan, and by item why there is none."""
    seen = inventory([document], Source(SourceKind.CLUSTER, "test", "uid", f"v1.{minor}.0"))
    wanted, reasons = [], {}
    for item, finding, answer in _answered(seen):
        if isinstance(answer, Change):
            wanted.append(Wanted(answer, (finding,)))
        else:
            reasons[item.id] = answer.reason
    composed, refused = compose(wanted)
    assert not refused, refused
    return [each.change for each in composed], reasons


def _answered(seen: Inventory) -> Iterator[tuple[Item, str, Any]]:
    answering = {each for items in ITEMS.values() for each in items}
    for item in OWN:
        if item.id in answering:
            for finding in item.evaluate(seen):
                yield item, finding.id, item.remediate(finding, seen)
