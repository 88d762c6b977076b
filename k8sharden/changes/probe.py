"""What a namespace without an enforce label is held to today, asked with a pod that is only tried.

The API server's configuration file may hold a default level and exemptions, and other admission
may refuse pods as well; no request reads any of that. A dry run tells what comes of it: a pod that
baseline refuses for a port of its node, which looks like no attack, and is not stored.
Source: k8s.io/pod-security-admission v0.37, measured on kube-apiserver v1.36 (decision 9).
"""

import re
from typing import Any

import msgspec

from k8sharden.analysis.pod_security import PREFIX, Level
from k8sharden.changes.bind import Bound, look
from k8sharden.changes.write import Writer
from k8sharden.errors import ApiError, Forbidden
from k8sharden.model.kinds import NAMESPACES, PODS
from k8sharden.model.text import one_line

_NAME = "k8sharden-probe"
_WHAT = "A pod that asks for a port of its node, which baseline refuses,"
_LABEL = ("metadata", "labels", f"{PREFIX}enforce")
_REFUSED = re.compile(r'violates PodSecurity "(privileged|baseline|restricted):([^"]{1,20})"')


class Held(msgspec.Struct, frozen=True):
    """What came of the try, in a sentence; ``lowers`` where the new label asks for less."""

    said: str
    lowers: bool = False


def held_to(bound: Bound, writer: Writer) -> Held | None:
    """Try a pod in a namespace that is to enforce a level for the first time; None for all else."""
    if bound.ref.kind != NAMESPACES.kind or not bound.before or not bound.after:
        return None
    before, after = (look(value, _LABEL)[0] for value in (bound.before, bound.after))
    if isinstance(before, str) or not isinstance(after, str):
        return None
    try:
        writer.create(_probe(bound.ref.name), PODS.ref(bound.ref.name, _NAME), dry_run=True)
    except ApiError as error:
        return _told(error, after)
    return Held(f"{_WHAT} would be admitted there today if you made it: it was tried, not stored.")


def _told(error: ApiError, label: str) -> Held:
    refused = _REFUSED.search(str(error))
    if isinstance(error, Forbidden) and refused:
        words, level = f"{refused[1]}:{refused[2]}", Level(refused[1])
        said = f"The API server has a default of its own: {words} is enforced there today."
        if level > label:
            return Held(f"{said} The label would lower that to {label}: leave it out.", lowers=True)
        return Held(f"{said} The label makes it visible, and no longer depends on that file.")
    if isinstance(error, Forbidden) and "cannot create resource" in str(error):
        return Held(
            "Whether the API server has a default of its own there was not found out: you may not "
            "create pods, and so not try one."
        )
    why = one_line(str(error), 300)
    return Held(f"{_WHAT} is refused there today, though not by Pod Security: {why}")


def _probe(namespace: str) -> dict[str, Any]:
    container = {
        "name": "probe",
        "image": "registry.k8s.io/pause:3.10",
        "ports": [{"containerPort": 1, "hostPort": 1}],
    }
    return {
        "apiVersion": PODS.api_version,
        "kind": PODS.kind,
        "metadata": {"name": _NAME, "namespace": namespace},
        "spec": {"containers": [container], "automountServiceAccountToken": False},
    }
