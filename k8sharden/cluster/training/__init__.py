"""The training cluster: Kestrel Books, a small company that runs on defaults.

The YAML files say what people wrote, planted defects and look-alikes among it; `running` adds what
controllers and kubelets would have made of it. Everything comes out the same each time.
"""

import time
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import yaml

from k8sharden.cluster.training.control_plane import VERSION, TrainingCluster
from k8sharden.cluster.training.running import running, settled
from k8sharden.model.decoding import decode

Object = dict[str, Any]

_PARTS = (
    "namespaces", "nodes", "rbac", "access", "default", "kube-system", "shop", "payments",
    "catalogue", "ci", "monitoring", "ingress", "databases", "office", "legacy", "gitops",
    "admission",
)  # fmt: skip


def training_cluster(
    kept: Iterable[Object] | None = None, *, clock: Callable[[], float] = time.time
) -> TrainingCluster:
    """Return the training cluster, as it was at first or with the objects that were kept.

    ``clock`` gives the time in seconds since 1970, by which rollouts go on. Raises ValueError where
    what was kept is no list of objects of the API.
    """
    return TrainingCluster(objects() if kept is None else kept, clock)


def objects() -> list[Object]:
    """Return every object of the cluster, owners before what they own."""
    return decode(_first(), list[Object])


@cache
def _first() -> bytes:
    """Return the objects as JSON: made once, since a session may begin anew several times."""
    written = [settled(each) for part in _PARTS for each in _read(part)]
    return msgspec.json.encode(running(written, int(VERSION.split(".")[1])))


def _read(part: str) -> list[Object]:
    text = (files(__package__) / f"{part}.yaml").read_text("utf-8")
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))
