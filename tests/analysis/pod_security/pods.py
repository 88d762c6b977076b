"""Small pods for the tests of the Pod Security evaluator."""

from collections.abc import Mapping
from typing import Any

import msgspec

from k8sharden.analysis.pod_security import LATEST
from k8sharden.analysis.pod_security.control import Control, subject
from k8sharden.model.objects import Pod

Json = dict[str, Any]

HARDENED: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""A container's security context that meets every level of every version."""


def pod(spec: Json, annotations: Mapping[str, str] | None = None) -> Pod:
    """Decode a pod as the API would send it."""
    return msgspec.convert({"metadata": {"annotations": annotations}, "spec": spec}, Pod)


def web(**security: Any) -> Json:
    """Return a spec with one container, called web, with this security context."""
    return {"containers": [{"name": "web", "securityContext": security}]}


def said(
    control: Control,
    spec: Json,
    minor: int = LATEST,
    annotations: Mapping[str, str] | None = None,
) -> str:
    """Return a control's refusal in the API server's words; empty where it admits the pod."""
    seen, check = pod(spec, annotations), control.at(minor)
    refusal = check(subject(seen.spec, seen.metadata)) if check else None
    return f"{refusal.reason} ({refusal.detail})" if refusal else ""
