"""A hardening item: what one file of the catalogue defines."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity
from k8sharden.model.inventory import Inventory
from k8sharden.model.kinds import ResourceType


class Reference(msgspec.Struct, frozen=True):
    """Where a rule comes from: a CIS number, an ATT&CK technique, a page of the documentation."""

    label: str
    url: str = ""


class Lesson(msgspec.Struct, frozen=True):
    """What a newcomer should know of one item, in our own words.

    ``attack`` plays on an object of the training cluster, which it names.
    """

    what: str
    why: str
    attack: str
    fix: str
    breaks: str
    verify: str
    reading: tuple[Reference, ...]


class Scope(StrEnum):
    """What a verdict needs to have read.

    CLUSTER: every type of ``needs``, in the whole cluster. NAMESPACE: every type of ``needs``, in
    the namespace that is judged. EACH: each type on its own; one that is missing leaves only its
    own objects unknown. CONTROL_PLANE: evidence that the item weighs itself.
    """

    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    EACH = "each"
    CONTROL_PLANE = "control-plane"


class Item(msgspec.Struct, frozen=True):
    """One hardening item.

    ``kind`` is the kind of change that usually answers it. ``evaluate`` yields failing findings
    and, for what it weighs itself, unknown ones; it never sees a namespace that was not read.
    ``live_only`` items judge a running cluster and say nothing about manifests;
    ``repository_only`` ones judge the repository that manifests were given from, and nothing else.
    ``last`` ones are answered on what the other changes of a plan leave, and written after them:
    the labels that judge the workloads of a namespace.
    """

    id: str
    title: str
    area: Area
    severity: Severity
    kind: ChangeKind
    scope: Scope
    needs: tuple[ResourceType, ...]
    references: tuple[Reference, ...]
    lesson: Lesson
    evaluate: Callable[[Inventory], Iterable[Finding]]
    remediate: Callable[[Finding, Inventory], Change | NoChange]
    live_only: bool = False
    repository_only: bool = False
    last: bool = False
