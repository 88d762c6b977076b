"""What a patch may and may not do to a Deployment."""

from __future__ import annotations

from typing import Any

from k8sharden.cluster.transport import JSON_PATCH
from tests.contract.cases.steps import (
    WEB,
    Case,
    Step,
    get,
    patch,
    to,
)
from tests.contract.clusters import at

CONTAINERS = "/spec/template/spec/containers"


def changed(name: str, *steps: Step, sentences: bool = True) -> Case:
    """A case that changes a Deployment."""
    return Case(
        f"deployment: {name}", (WEB, *steps, get("deployments.apps", "web")), sentences=sentences
    )


def web(*operations: Any, **query: str) -> Step:
    """Send a JSON Patch to the Deployment."""
    return patch("deployments.apps", "web", *operations, **query)


CASES: tuple[Case, ...] = (
    changed("labels", web(to("/metadata/labels", {"a": "b"}))),
    changed("replicas", web(to("/spec/replicas", 3))),
    changed("status is not touched", web(to("/status/replicas", 3))),
    changed(
        "only status is touched",
        Step(
            "PATCH",
            at("deployments.apps", "{ns}", "web") + "/status",
            [to("/status/replicas", 3), to("/spec/replicas", 9)],
            JSON_PATCH,
        ),
    ),
    changed("selector", web(to("/spec/selector/matchLabels/c", "d"))),
    changed(
        "ephemeral containers",
        web(to("/spec/template/spec/ephemeralContainers", [{"name": "e", "image": "x"}])),
    ),
    changed(
        "privileged, no escalation",
        web(
            to(
                f"{CONTAINERS}/0/securityContext",
                {"privileged": True, "allowPrivilegeEscalation": False},
            )
        ),
        sentences=False,
    ),
    changed("same name twice", web(to(f"{CONTAINERS}/-", {"name": "web", "image": "x"}))),
    changed("no containers", web(to(CONTAINERS, []))),
    changed("no image", web({"op": "remove", "path": f"{CONTAINERS}/0/image"})),
    changed("bad container name", web(to(f"{CONTAINERS}/0/name", "A b"))),
    changed(
        "mount of nothing",
        web(to(f"{CONTAINERS}/0/volumeMounts", [{"name": "v", "mountPath": "/x"}])),
    ),
    changed(
        "two mounts on a path",
        web(
            to("/spec/template/spec/volumes", [{"name": "v", "emptyDir": {}}]),
            to(
                f"{CONTAINERS}/0/volumeMounts",
                [{"name": "v", "mountPath": "/x"}, {"name": "v", "mountPath": "/x"}],
            ),
        ),
    ),
    changed(
        "same volume twice", web(to("/spec/template/spec/volumes", [{"name": "v"}, {"name": "v"}]))
    ),
    changed(
        "odd seccomp type",
        web(to("/spec/template/spec/securityContext/seccompProfile", {"type": "Foo"})),
    ),
    changed(
        "seccomp without profile",
        web(to("/spec/template/spec/securityContext/seccompProfile", {"type": "Localhost"})),
    ),
    changed("negative user", web(to("/spec/template/spec/securityContext/runAsUser", -1))),
    changed("template labels", web(to("/spec/template/metadata/labels", {"q": "b"}))),
    changed("restart policy", web(to("/spec/template/spec/restartPolicy", "Never"))),
    changed(
        "hardened",
        web(
            to(
                "/spec/template/spec/securityContext",
                {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            ),
            to("/spec/template/spec/automountServiceAccountToken", value=False),
            to(
                "/spec/template/spec/volumes", [{"name": "tmp", "emptyDir": {"sizeLimit": "0.5Gi"}}]
            ),
            to(
                f"{CONTAINERS}/0/volumeMounts",
                [{"name": "tmp", "mountPath": "/tmp", "readOnly": False}],
            ),
            to(
                f"{CONTAINERS}/0/securityContext",
                {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"], "add": []},
                },
            ),
            to(
                f"{CONTAINERS}/0/resources",
                {"limits": {"cpu": "0.5", "memory": "1024Mi"}, "requests": {"cpu": 1}},
            ),
            to(f"{CONTAINERS}/0/image", "registry.test/web@sha256:" + "a" * 64),
        ),
        sentences=False,
    ),
)
