"""Validation."""

from k8sharden.cluster.memory.store import Object
from k8sharden.model.kinds import ResourceType


def check_new(kind: ResourceType, value: Object) -> None:
    """Raise the 422 of a new object that breaks the rules of its kind."""


def check_changed(kind: ResourceType, value: Object, old: Object) -> None:
    """Raise the 422 of a change that breaks the rules of its kind."""
