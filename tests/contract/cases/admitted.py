"""Pod Security: what is refused and what is warned about."""

from __future__ import annotations

from tests.contract.cases.steps import (
    Case,
    Step,
    patch,
    post,
    to,
)
from tests.contract.clusters import at, deployment, pod

_NAMESPACE = at("namespaces", name="{ns}")
_ROOT = pod("root", hostNetwork=True)
_TAME = pod(
    "tame", securityContext={"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
)
_TAME["spec"]["containers"][0]["securityContext"] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
}


def label(**labels: str | None) -> Step:
    """Label the namespace with Pod Security levels, without keeping that."""
    wanted = {f"pod-security.kubernetes.io/{k.replace('_', '-')}": v for k, v in labels.items()}
    body = {"metadata": {"labels": wanted}}
    return Step("PATCH", _NAMESPACE, body, "application/merge-patch+json", query={"dryRun": "All"})


def enforcing(**modes: str) -> dict[str, str]:
    """The labels of a namespace with these Pod Security levels."""
    return {f"pod-security.kubernetes.io/{mode}": level for mode, level in modes.items()}


CASES: tuple[Case, ...] = (
    Case(
        "pod security: labels that are not understood",
        (
            label(audit="strict"),
            label(enforce="Baseline", warn_version="1.36"),
            label(enforce_version="v1.08"),
            label(enforce_version="v1.99"),
        ),
    ),
    Case(
        "pod security: enforced",
        (
            post("pods", pod()),
            post("pods", _ROOT),
            post("pods", _TAME),
            post("deployments.apps", deployment()),
        ),
        enforcing(enforce="restricted"),
    ),
    Case(
        "pod security: warned",
        (
            post("pods", pod()),
            post("deployments.apps", deployment()),
            patch("deployments.apps", "web", to("/spec/replicas", 2)),
            patch("deployments.apps", "web", to("/metadata/labels", {"a": "b"})),
            patch("deployments.apps", "web", to("/spec/template/spec/hostPID", value=True)),
            post(
                "cronjobs.batch",
                {
                    "metadata": {"name": "c"},
                    "spec": {
                        "schedule": "@daily",
                        "jobTemplate": {
                            "spec": {
                                "template": {"spec": pod()["spec"] | {"restartPolicy": "Never"}}
                            }
                        },
                    },
                },
            ),
        ),
        enforcing(warn="restricted"),
    ),
    Case(
        "pod security: version",
        (post("pods", pod()), post("pods", _ROOT)),
        {
            **enforcing(enforce="baseline", warn="restricted"),
            "pod-security.kubernetes.io/warn-version": "v1.20",
        },
    ),
    Case(
        "pod security: existing pods",
        (
            post("pods", pod("b")),
            post("pods", pod("a")),
            post("pods", pod("c")),
            post("pods", _ROOT),
            post("pods", _TAME),
            label(enforce="restricted"),
            label(enforce="baseline"),
            label(enforce="privileged"),
            label(enforce="baseline", enforce_version="v1.0"),
            label(warn="restricted"),
            label(enforce="foo", audit_version="y"),
        ),
    ),
    Case(
        "pod security: already enforced",
        (
            post("pods", pod()),
            label(enforce="restricted"),
            label(enforce_version="v1.30"),
            label(enforce=None),
        ),
        enforcing(enforce="baseline"),
    ),
)
