"""Definitions of custom resources, for servers on which no tool is installed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from k8sharden.model.kinds import CONSTRAINTS, CUSTOM, ResourceType
from tests.servers.control_plane import ControlPlane

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ESTABLISHED_SECONDS = 20.0


def plain(kind: ResourceType) -> dict[str, Any]:
    """A definition of a type that takes any fields."""
    free = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": kind.version,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": free},
    }
    names = {"plural": kind.plural, "singular": kind.kind.lower(), "kind": kind.kind}
    scope = "Namespaced" if kind.namespaced else "Cluster"
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        # The groups of Kubernetes' own projects need a word of approval.
        "metadata": {
            "name": kind.key,
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {"group": kind.group, "names": names, "scope": scope, "versions": [version]},
    }


def install(server: ControlPlane, definitions: Iterable[dict[str, Any]]) -> None:
    """Create definitions, and wait until their types are served."""
    wanted = []
    for definition in definitions:
        server.request("POST", PATH, definition).expect(201, 409)
        spec = definition["spec"]
        wanted += [
            f"/apis/{spec['group']}/{version['name']}/{spec['names']['plural']}"
            for version in spec["versions"]
            if version["served"]
        ]
    deadline = time.monotonic() + ESTABLISHED_SECONDS
    while any(server.request("GET", path).status != 200 for path in wanted):
        assert time.monotonic() < deadline, f"not served: {wanted}"
        time.sleep(0.1)


def install_plain(server: ControlPlane) -> None:
    """Install a definition of each custom type that k8sharden knows by name."""
    install(server, [plain(kind) for kind in CUSTOM if kind != CONSTRAINTS])
