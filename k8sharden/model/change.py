"""Changes: what a remediation wants, as values that can be merged, shown, applied and undone.

A change is written as edits on paths, never as a whole object, so that it composes with others
and takes back only what it wrote. Lists are addressed by the name of an element, never by index.
"""

from enum import StrEnum
from typing import Any

import msgspec

from k8sharden.model.ref import Ref


class Named(msgspec.Struct, frozen=True, tag="named"):
    """The element of a list whose field ``key`` has this value: ``containers[name=web]``.

    A number names the elements of some lists: ``ports[containerPort=8080]``.
    """

    key: str
    value: str | int


Step = str | Named
Path = tuple[Step, ...]


def show_path(path: Path) -> str:
    """Write a path for people: ``spec.containers[name=web].image``, odd keys quoted."""
    text = ""
    for step in path:
        if isinstance(step, Named):
            text += f"[{step.key}={step.value}]"
        elif step.replace("-", "").replace("_", "").isalnum():
            text += f".{step}" if text else step
        else:
            text += f'["{step}"]'
    return text


class SetField(msgspec.Struct, frozen=True, tag="set"):
    """Give the field at ``path`` this value, making the parents that are missing."""

    path: Path
    value: Any


class RemoveField(msgspec.Struct, frozen=True, tag="remove"):
    """Take the field or the list element at ``path`` away."""

    path: Path


class AddElement(msgspec.Struct, frozen=True, tag="add"):
    """Add an element to the list at ``path``; ``key`` is the field that names its elements.

    It goes before the one with the index ``at``, or behind all others where that is -1.
    """

    path: Path
    key: str
    value: dict[str, Any]
    at: int = -1


class SetImage(msgspec.Struct, frozen=True, tag="image"):
    """Give the image reference at ``path`` another repository, another digest, or both.

    ``before`` is the reference as it was judged; the part of it that is left empty here stays, and
    so does its tag. Two of these go together where they change different parts of one reference.
    """

    path: Path
    before: str
    repository: str = ""
    digest: str = ""

    @property
    def value(self) -> str:
        """The reference as it is to be."""
        name, _, digest = self.before.partition("@")
        folder, slash, last = name.rpartition("/")
        plain, colon, tag = last.partition(":")
        repository = self.repository or f"{folder}{slash}{plain}"
        pinned = self.digest or digest
        return f"{repository}{colon}{tag}" + (f"@{pinned}" if pinned else "")


Edit = SetField | RemoveField | AddElement | SetImage


class Patch(msgspec.Struct, frozen=True, tag="patch"):
    """Edits on one object that exists."""

    ref: Ref
    edits: tuple[Edit, ...]


class Create(msgspec.Struct, frozen=True, tag="create"):
    """A new object. If one of that name is there already, that is drift."""

    ref: Ref
    manifest: dict[str, Any]


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """An object to take away, its dependents left alone."""

    ref: Ref


Write = Patch | Create | Delete


class File(msgspec.Struct, frozen=True):
    """A file of an artefact: a relative path and its text."""

    path: str
    text: str


class ChangeKind(StrEnum):
    """The five kinds of change, and the stated reason for none."""

    PATCH = "patch"
    CREATE = "create"
    DELETE = "delete"
    GROUP = "group"
    ARTEFACT = "artefact"
    ADVICE = "advice"


class Risk(StrEnum):
    """What applying may disturb, mildest first."""

    SAFE = "safe"
    RESTART = "restart"
    TRAFFIC = "traffic"
    ACCESS = "access"


class Listing(msgspec.Struct, frozen=True, order=True):
    """The objects of one type in one namespace, or in all of them where none is named.

    ``resource`` is the type's key, such as ``deployments.apps``. ``age`` is how many seconds ago it
    may have been read for an earlier change of the same apply; with 0 it is read anew.
    """

    resource: str
    namespace: str = ""
    age: int = 0


class AccessReview(msgspec.Struct, frozen=True):
    """A question to the API server's authorizer, and the answer that a change has to lead to.

    ``resource`` has its subresource with it: ``pods/log``; ``path`` is set for a URL instead.
    ``before`` is the answer before the change, which its undo leads to.
    """

    user: str
    groups: tuple[str, ...]
    verb: str
    group: str = ""
    resource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    allowed: bool = False
    before: bool = True


class Change(msgspec.Struct, frozen=True):
    """What answers a finding.

    ``writes`` stand or fall together, in this order; ``files`` is filled for an artefact instead,
    and beside new objects with what may be used in their place.
    ``basis`` holds the facts, beside the touched fields, that the change rests on (a running
    image's digest, say): when they change, so does the plan's digest. ``rests_on`` names where the
    basis was read: right before the change is applied these are read once more, and the change is
    worked out anew. ``warnings`` are sentences shown at review. ``reviews`` are asked once it is
    written: where a right that was to stay is denied, the change is taken back at once.
    ``shadowed`` are questions that this change alone does not decide, such as a right that was to
    go and that another binding gives as well: a plan asks them where it decides them.
    """

    kind: ChangeKind
    title: str
    risk: Risk
    writes: tuple[Write, ...] = ()
    files: tuple[File, ...] = ()
    basis: dict[str, Any] = {}
    rests_on: tuple[Listing, ...] = ()
    warnings: tuple[str, ...] = ()
    reviews: tuple[AccessReview, ...] = ()
    shadowed: tuple[AccessReview, ...] = ()

    @property
    def ref(self) -> Ref | None:
        """The object that the change is about: the last one written, where there is one."""
        return self.writes[-1].ref if self.writes else None


class NoChange(msgspec.Struct, frozen=True):
    """Why no change is generated, in a sentence that says what to do instead."""

    reason: str
