"""Paths as they are shown: steps in sentences, what they reach, and what takes them away."""

from enum import StrEnum

import msgspec

from k8sharden.analysis.rbac.policy import Changed
from k8sharden.model.ref import Ref


class Scope(StrEnum):
    """How much is reached, the most first."""

    CLUSTER = "cluster"
    NAMESPACE = "namespace"
    SUBJECT = "subject"

    @property
    def rank(self) -> int:
        """0 for the most."""
        return list(Scope).index(self)


class Reach(msgspec.Struct, frozen=True):
    """What somebody gets to: ``name`` is the namespace's, or ``ServiceAccount ci/pipeline``."""

    scope: Scope
    name: str = ""

    @property
    def label(self) -> str:
        """``everything in the cluster``, ``everything in namespace shop``."""
        if self.scope is Scope.SUBJECT:
            return self.name
        place = f"namespace {self.name}" if self.name else "the cluster"
        return f"everything in {place}"


class Step(msgspec.Struct, frozen=True):
    """One step: ``said`` is a sentence, ``before`` and ``after`` are who or what stands there.

    ``bindings`` give what it takes; none where it takes no right. ``note`` is what nobody could
    read and the step rests on.
    """

    before: str
    after: str
    said: str
    bindings: tuple[Ref, ...] = ()
    note: str = ""


class Path(msgspec.Struct, frozen=True):
    """A way from a subject, or from what runs in a workload, to what it becomes.

    ``said`` is the whole of it in one sentence.
    """

    start: str
    reach: Reach
    steps: tuple[Step, ...]
    said: str

    @property
    def notes(self) -> tuple[str, ...]:
        """What the path rests on and nobody could read, each once."""
        return tuple(dict.fromkeys(step.note for step in self.steps if step.note))

    @property
    def order(self) -> tuple[int, int, bool, str]:
        """The strongest reach first, then the shortest, then what rests on nothing unread."""
        return self.reach.scope.rank, len(self.steps), bool(self.notes), self.start


class Cost(msgspec.Struct, frozen=True, order=True):
    """What a cut costs: kinds of request in the audit log that it denies, rights, and subjects.

    Rights count for each subject that loses them, a star for about as much as it stands for.
    """

    used: int
    rights: int
    subjects: int


class Cut(msgspec.Struct, frozen=True):
    """One change that breaks a path: ``said`` is a sentence, ``binding`` is what it changes.

    ``subject`` is who leaves the binding, empty where rights leave its role instead, which are in
    ``rights``. ``changed`` holds the roles and bindings as they would be. ``ends`` is whether
    nothing as strong is left; ``survivor`` is the best path that the same start has then.
    """

    said: str
    binding: Ref
    changed: Changed
    cost: Cost
    ends: bool
    subject: str = ""
    rights: tuple[str, ...] = ()
    survivor: Path | None = None
