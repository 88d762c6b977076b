"""The evaluator: which controls of a level and version a pod violates."""

from collections.abc import Iterable
from functools import cache

import msgspec

from k8sharden.analysis.pod_security.control import Check, Subject, subject
from k8sharden.analysis.pod_security.controls import CONTROLS
from k8sharden.analysis.pod_security.level import Level
from k8sharden.model.meta import Meta
from k8sharden.model.pods import PodSpec

LATEST = 37
"""The newest minor version of Kubernetes 1 whose controls are known here."""


class Violation(msgspec.Struct, frozen=True, gc=False):
    """One control that a pod does not meet.

    ``control`` is its id, ``reason`` and ``detail`` are in the API server's words, and
    ``containers`` names those at fault; it is empty where the pod or its volumes are. Names come
    from the cluster: pass the text through `visible` before it reaches a screen.
    """

    control: str
    reason: str
    detail: str
    containers: tuple[str, ...] = ()


def violations(
    level: Level, spec: PodSpec, metadata: Meta, minor: int | None = None
) -> tuple[Violation, ...]:
    """Return what keeps a pod from being admitted at a level, in the API server's order.

    ``minor`` is that of the policy's version, ``None`` for the latest; a newer one than `LATEST`
    counts as that. Raises `ValueError` for a negative one.
    """
    pod = subject(spec, metadata)
    return tuple(
        Violation(control, refusal.reason, refusal.detail, refusal.containers)
        for control, check in _checks(level, LATEST if minor is None else minor)
        if (refusal := check(pod)) is not None
    )


def highest_level(spec: PodSpec, metadata: Meta, minor: int | None = None) -> Level:
    """Return the strictest level at which a pod is admitted; ``minor`` as for `violations`."""
    return highest_up_to(Level.RESTRICTED, spec, metadata, minor)


def highest_up_to(ceiling: Level, spec: PodSpec, metadata: Meta, minor: int | None) -> Level:
    """Return the strictest level at which a pod is admitted, not asking above ``ceiling``."""
    pod = subject(spec, metadata)
    version = LATEST if minor is None else minor
    return next(
        level
        for level in (Level.RESTRICTED, Level.BASELINE, Level.PRIVILEGED)
        if level <= ceiling and _admits(level, pod, version)
    )


def describe(found: Iterable[Violation]) -> str:
    """Write violations as the API server does after ``violates PodSecurity "restricted:latest":``.

    For example ``privileged (container "web" must not set securityContext.privileged=true)``.
    """
    return ", ".join(f"{each.reason} ({each.detail})" for each in found)


def reasons(found: Iterable[Violation]) -> str:
    """Write only the reasons, as the API server warns about the pods of a namespace."""
    return ", ".join(each.reason for each in found)


def _admits(level: Level, pod: Subject, minor: int) -> bool:
    """Whether no control refuses; those of restricted come first, since most pods fail there."""
    return all(check(pod) is None for _, check in reversed(_checks(level, minor)))


@cache
def _checks(level: Level, minor: int) -> tuple[tuple[str, Check], ...]:
    """Return the checks of a level by control: baseline first, then by the order of their ids."""
    if minor < 0:
        raise ValueError(f"there is no Kubernetes 1.{minor}: give a minor version from 0 on")
    if minor > LATEST:
        return _checks(level, LATEST)
    wanted = [(c, check) for c in CONTROLS if c.level <= level and (check := c.at(minor))]
    overridden = {control.overrides for control, _ in wanted}
    wanted.sort(key=lambda pair: (pair[0].level.rank, pair[0].id))
    return tuple((c.id, check) for c, check in wanted if c.id not in overridden)
