"""The rules of pods, when they are new and when they change."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.steps import (
    Case,
    get,
    patch,
    post,
    to,
)
from tests.contract.clusters import pod


def podded(name: str, *, sentences: bool = True, container: Any = None, **spec: Any) -> Case:
    """A Pod whose container or spec is such."""
    body = pod(**spec)
    body["spec"]["containers"][0] |= container or {}
    return Case(f"pods: {name}", (post("pods", body, dryRun="All"),), sentences=sentences)


CASES: tuple[Case, ...] = (
    podded("nameless container", container={"name": ""}),
    podded("odd ports", container={"ports": [{"containerPort": 0}, {"containerPort": 70000}]}),
    podded(
        "same port name", container={"ports": [{"containerPort": n, "name": "a"} for n in (1, 2)]}
    ),
    podded("nameless variable", container={"env": [{"name": ""}]}),
    podded("odd pull policy", container={"imagePullPolicy": "X"}),
    podded(
        "request over limit",
        container={"resources": {"limits": {"cpu": 1}, "requests": {"cpu": 2}}},
    ),
    podded("odd quantity", container={"resources": {"limits": {"cpu": "x"}}}, sentences=False),
    podded(
        "no escalation, SYS_ADMIN",
        container={
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"add": ["SYS_ADMIN"]},
            }
        },
    ),
    podded(
        "no escalation, CAP_SYS_ADMIN",
        container={
            "securityContext": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"add": ["CAP_SYS_ADMIN"]},
            }
        },
        sentences=False,
    ),
    podded("odd AppArmor", container={"securityContext": {"appArmorProfile": {"type": "X"}}}),
    podded(
        "two kinds of volume", volumes=[{"name": "a", "emptyDir": {}, "hostPath": {"path": "/x"}}]
    ),
    podded(
        "odd volumes",
        volumes=[{"name": "", "emptyDir": {}}, {"name": "b", "hostPath": {"path": ""}}],
    ),
    podded("empty mount", container={"volumeMounts": [{"name": "", "mountPath": ""}]}),
    podded(
        "same init container",
        initContainers=[{"name": "web", "image": "x"}, {"name": "d", "image": ""}],
    ),
    podded("odd account", serviceAccountName="A B"),
    podded("odd policies", restartPolicy="X", dnsPolicy="Y"),
    *(
        podded(f"tolerates {toleration}", sentences=False, tolerations=[toleration])
        for toleration in (
            {},
            {"operator": "Exists"},
            {"operator": "Exists", "value": "x"},
            {"operator": "X", "key": "a"},
            {"key": "a", "value": "b c"},
            {"key": "a b"},
            {"key": "a", "effect": "X"},
            {"key": "a", "tolerationSeconds": 5},
            {"key": "a", "effect": "NoExecute", "tolerationSeconds": 5},
        )
    ),
    podded("host network and user namespace", hostNetwork=True, hostUsers=False),
    podded("host ports", container={"ports": [{"containerPort": 80}]}, hostNetwork=True),
    podded("ephemeral container", ephemeralContainers=[{"name": "e", "image": "y"}]),
    Case(
        "pods: changes",
        (
            post("pods", pod()),
            patch("pods", "web", to("/spec/containers/0/image", "y"), dryRun="All"),
            patch("pods", "web", to("/spec/activeDeadlineSeconds", 5), dryRun="All"),
            patch("pods", "web", to("/spec/containers/-", {"name": "e", "image": "x"})),
            patch("pods", "web", to("/metadata/labels", {"a": "b"})),
            get("pods", "web"),
        ),
    ),
    Case(
        "pods: fixed",
        (
            post("pods", pod()),
            patch("pods", "web", to("/spec/containers/0/securityContext", {"privileged": True})),
            patch("pods", "web", to("/spec/ephemeralContainers", [{"name": "e", "image": "x"}])),
            patch("pods", "web", to("/spec/hostNetwork", value=True)),
        ),
        sentences=False,
    ),
)
