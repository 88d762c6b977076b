"""Which pods Pod Security would refuse after a change: of a new template, or under a new label.

Running pods are never evicted; what is refused is the pod that replaces one. Exemptions in the API
server's own configuration cannot be seen from outside.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

import msgspec

from k8sharden.analysis.pod_security import Policy, describe, minor_of, policy, violations
from k8sharden.analysis.pod_security.workloads import not_read
from k8sharden.analysis.restarts import running, template
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.impact import Impact, ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import PODS
from k8sharden.model.meta import Meta
from k8sharden.model.pods import PodSpec, Template
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of, workloads

Object = Mapping[str, Any]
Later = Mapping[Ref, Object | None]
"""Objects as earlier changes of the plan leave them; None where they are gone."""

_NAMED = 3


def violated(asked: Policy, workload: Object, minor: int | None) -> str:
    """Say why a policy refuses the pods of a workload; empty where it admits them, or is odd."""
    made = _decoded(workload)
    return _violated(asked, made.spec, made.metadata, minor) if made else ""


def refused_pods(after: Object, labels: Mapping[str, str], minor: int | None) -> Impact | None:
    """Return whether the pods of a changed template are refused; None where they are admitted."""
    asked, made = policy(labels, "enforce"), _decoded(after)
    if made is None:
        return _untold(f"Cannot tell whether Pod Security ({asked.words}) would refuse its pods.")
    found = _violated(asked, made.spec, made.metadata, minor)
    if not found:
        return None
    return Impact(
        ImpactKind.REFUSED,
        running(after),
        f"Pod Security ({asked.words}) would refuse its new pods, and old ones go as they are "
        f"replaced: {found}",
    )


def refused_in(
    namespace: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    inventory: Inventory,
    later: Later,
) -> Impact | None:
    """Return what new labels of a namespace refuse of all that runs there; None where they do not.

    Workloads that earlier changes of the plan rolled out are judged as those leave them.
    """
    asked = policy(after, "enforce")
    if asked == policy(before, "enforce") or asked == Policy():
        return None
    missing = not_read(namespace, inventory)
    if missing:
        return _untold(f"Cannot tell what Pod Security ({asked.words}) would refuse: {missing}")
    minor = minor_of(inventory.source.server_version)
    here = _by_namespace(inventory).get(namespace, _Here([], []))
    bad = [each for each in here.templates if _violated(asked, *_template_of(each, later), minor)]
    # What earlier changes of the plan replace does not run any more.
    pods = [pod for owner, pod in here.pods if owner not in later]
    stuck = [pod for pod in pods if _violated(asked, pod.spec, pod.metadata, minor)]
    return Impact(
        ImpactKind.REFUSED, len(stuck), _said(asked, bad, stuck, len(here.templates), len(pods))
    )


def _said(asked: Policy, bad: list[Workload], stuck: list[o.Pod], templates: int, pods: int) -> str:
    running_ones = [_counted(pods, "running pod")] if pods else []
    of = " and ".join([*running_ones, _counted(templates, "pod template")])
    if not bad and not stuck:
        return f"Pod Security ({asked.words}) would refuse nothing of {of}."
    names = [each.ref.label for each in bad] or [f"Pod {pod.name}" for pod in stuck]
    rest = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        f"Pod Security ({asked.words}) would refuse {len(stuck)} and {len(bad)} of {of}, running "
        f"pods once they are replaced: {one_line(', '.join(names[:_NAMED]), 300)}{rest}."
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


class _Here(NamedTuple):
    """What runs in a namespace: the workloads with a template, and the pods with their owners."""

    templates: list[Workload]
    pods: list[tuple[Ref, o.Pod]]


def _by_namespace(inventory: Inventory) -> Mapping[str, _Here]:
    """Return what runs in each namespace, sorted once: a plan may label hundreds of them."""
    if "by-namespace" not in inventory.cache:
        found: defaultdict[str, _Here] = defaultdict(lambda: _Here([], []))
        for each in workloads(inventory):
            if each.ref.kind != PODS.kind:
                found[each.namespace].templates.append(each)
        for owner, pods in pods_of(inventory).items():
            for pod in pods:
                found[pod.namespace].pods.append((owner, pod))
        inventory.cache["by-namespace"] = dict(found)
    return cast("Mapping[str, _Here]", inventory.cache["by-namespace"])


def _template_of(workload: Workload, later: Later) -> tuple[PodSpec, Meta]:
    value = later.get(workload.ref)
    made = _decoded(value) if value else None
    if made is None:
        return workload.spec, workload.template_metadata
    return made.spec, made.metadata


def _decoded(value: Object) -> Template | None:
    try:
        return convert(template(value), Template, strict=False)
    except msgspec.ValidationError:
        return None


def _violated(asked: Policy, spec: PodSpec, metadata: Meta, minor: int | None) -> str:
    known = [each for each in (asked.minor, minor) if each is not None]
    version = min(known, default=None)
    return one_line(describe(violations(asked.level, spec, metadata, version)), 400)


def _untold(said: str) -> Impact:
    return Impact(ImpactKind.REFUSED, None, said)
