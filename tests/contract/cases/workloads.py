"""The rules of what holds pod templates."""

from __future__ import annotations

from typing import Any

from tests.contract.cases.steps import (
    Case,
    get,
    patch,
    post,
    refused,
    to,
)
from tests.contract.clusters import deployment, pod


def run(name: str, *, sentences: bool = True, **spec: Any) -> Case:
    """A Deployment whose spec is such."""
    body = deployment()
    body["spec"] |= spec
    step = post("deployments.apps", body, dryRun="All")
    return Case(f"deployments: {name}", (step,), sentences=sentences)


CASES: tuple[Case, ...] = (
    run("no selector", selector=None),
    run("empty selector", selector={}),
    run("negative replicas", replicas=-1),
    run("odd strategy", strategy={"type": "X"}),
    run("recreate and rolling", strategy={"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}),
    run("nothing may move", strategy={"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
    *(
        run(f"rolling by {value!r}", strategy={"rollingUpdate": {"maxSurge": 1, name: value}})
        for name in ("maxSurge", "maxUnavailable")
        for value in ("", "x", "50%", "150%", -1, 3, None)
    ),
    run("no template", template=None),
    Case(
        "jobs: template and selector",
        (
            post(
                "jobs.batch",
                {
                    "metadata": {"name": "j"},
                    "spec": {"template": {"spec": pod()["spec"] | {"restartPolicy": "Never"}}},
                },
            ),
            patch("jobs.batch", "j", to("/spec/template/spec/containers/0/image", "z")),
            patch("jobs.batch", "j", to("/spec/parallelism", 2)),
        ),
        sentences=False,
    ),
    refused(
        "jobs.batch",
        "restarts",
        {"spec": {"backoffLimit": -1, "template": {"spec": pod()["spec"]}}},
    ),
    refused(
        "cronjobs.batch",
        "schedule",
        {
            "spec": {
                "schedule": "zzz",
                "jobTemplate": {"spec": {"template": {"spec": pod()["spec"]}}},
            }
        },
    ),
    Case(
        "statefulsets: fixed",
        (
            post("statefulsets.apps", deployment() | {"kind": "StatefulSet"}),
            patch("statefulsets.apps", "web", to("/spec/serviceName", "z")),
            patch(
                "statefulsets.apps",
                "web",
                to("/spec/template/spec/automountServiceAccountToken", value=False),
            ),
        ),
    ),
    Case(
        "daemonsets: counted",
        (
            post("daemonsets.apps", deployment() | {"kind": "DaemonSet"}),
            patch(
                "daemonsets.apps",
                "web",
                to("/spec/template/spec/automountServiceAccountToken", value=False),
            ),
            patch("daemonsets.apps", "web", to("/spec/minReadySeconds", 1)),
            patch("daemonsets.apps", "web", to("/metadata/annotations", {})),
            get("daemonsets.apps", "web"),
        ),
    ),
)
