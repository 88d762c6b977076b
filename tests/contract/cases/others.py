"""The rules of services, data, namespaces and of metadata."""

from __future__ import annotations

from tests.contract.cases.steps import (
    Case,
    Step,
    patch,
    post,
    refused,
    to,
)

CASES: tuple[Case, ...] = (
    refused("services", "odd", {"spec": {"ports": [{"port": 0}, {"port": 1}]}}, sentences=False),
    refused("services", "no ports", {"spec": {}}),
    Case(
        "services: address",
        (
            post("services", {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}),
            patch("services", "s", to("/spec/clusterIP", "10.0.0.9")),
            patch("services", "s", to("/spec/selector", {"a": "b"})),
        ),
        sentences=False,
    ),
    refused("configmaps", "odd key", {"data": {"a b": "x"}}),
    refused("configmaps", "a key that is a folder", {"data": {"..": "y"}}),
    Case(
        "secrets: type",
        (post("secrets", {"metadata": {"name": "s"}}), patch("secrets", "s", to("/type", "z"))),
    ),
    Case(
        "namespaces: names",
        (
            Step("POST", "/api/v1/namespaces", {"metadata": {"name": "a.b"}}),
            Step("POST", "/api/v1/namespaces", {"metadata": {"name": "A"}}),
            Step("GET", "/api/v1/namespaces/nope"),
        ),
    ),
    Case(
        "labels",
        tuple(
            post("configmaps", {"metadata": {"name": "z", "labels": labels}})
            for labels in (
                {"x/y/z": ""},
                {"X/y": ""},
                {"a/": ""},
                {"/a": ""},
                {"a" * 64: ""},
                {"b": "c" * 64},
            )
        ),
    ),
    refused(
        "configmaps",
        "annotations too long",
        {"metadata": {"name": "z", "annotations": {"x": "y" * 300_000}}},
    ),
    refused("configmaps", "name too long", {"metadata": {"name": "a" * 254}}),
)
