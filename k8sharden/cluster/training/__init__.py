"""The training cluster: Kestrel Books, a small company that runs on defaults.

The YAML files say what people wrote, planted defects and look-alikes among it; `running` adds what
controllers and kubelets would have made of it. Everything comes out the same each time.
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import yaml

from k8sharden.cluster.training.control_plane import TrainingCluster
from k8sharden.cluster.training.running import running, settled

Object = dict[str, Any]

_PARTS = (
    "namespaces", "nodes", "rbac", "default", "kube-system", "shop", "payments", "catalogue", "ci",
    "monitoring", "ingress", "databases", "office", "legacy", "gitops",
)  # fmt: skip


def training_cluster(kept: Iterable[Object] | None = None) -> TrainingCluster:
    """Return the training cluster, as it was at first or with the objects that were kept.

    Raises ValueError where what was kept is no list of objects of the API.
    """
    present = objects() if kept is None else kept
    return TrainingCluster(present)


def objects() -> list[Object]:
    """Return every object of the cluster, namespaces first, owners before what they own."""
    written = [settled(each) for part in _PARTS for each in _read(part)]
    return [*written, *running(written)]


def _read(part: str) -> list[Object]:
    text = (files(__package__) / f"{part}.yaml").read_text("utf-8")
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))
