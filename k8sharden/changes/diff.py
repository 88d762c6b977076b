"""Show a change as a unified diff of manifests, without bookkeeping and without secret values."""

import difflib
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

import msgspec
from unidiff.patch import PatchSet

from k8sharden.changes.bind import Bound
from k8sharden.changes.bookkeeping import essential
from k8sharden.errors import Refused
from k8sharden.model.masking import MARK, Masker
from k8sharden.model.ref import Ref
from k8sharden.model.render import render
from k8sharden.model.text import visible

CLUSTER_FOLDER = "_cluster"
CONTEXT = (3, 2, 1)
"""How many lines of context a diff may have, the usual number first; git wants at least one."""


class FileDiff(msgspec.Struct, frozen=True):
    """The diff of one file. ``hides`` is set where its lines would show a secret value."""

    path: str
    text: str
    hides: bool = False

    @property
    def makes(self) -> bool:
        """Whether the file is a new one."""
        return self.text.partition("\n")[2].startswith("new file mode")


def manifest_path(ref: Ref) -> str:
    """Return ``NAMESPACE/KIND-NAME.yaml``, or ``_cluster/…`` for cluster-scoped objects.

    Anything that could leave the folder, or that a file system refuses, is percent-encoded.
    """
    folder = _safe(ref.namespace) if ref.namespace else CLUSTER_FOLDER
    return f"{folder}/{ref.kind.lower()}-{_safe(ref.name)}.yaml"


def _safe(name: str) -> str:
    quoted = quote(name, safe="")
    # Quoting leaves dots alone, and a name made of dots is a path.
    return quoted.replace(".", "%2E") if set(quoted) <= {"."} else quoted


def manifest_text(value: dict[str, Any] | None, masker: Masker) -> str:
    """Return the text of an object's file: no bookkeeping, secret values masked."""
    return "" if value is None else render(masker.manifest(essential(value)))


def diff_bound(bound: Bound, masker: Masker) -> FileDiff:
    """Return the diff of one write against the object as it is."""
    before, after = manifest_text(bound.before, masker), manifest_text(bound.after, masker)
    path = manifest_path(bound.ref)
    return discreet(path, before, after, lambda text: bool(MARK.search(text)))


def discreet(path: str, before: str, after: str, shows: Callable[[str], bool]) -> FileDiff:
    """Return a diff with as much context as shows no secret, at the most three lines.

    Where even one line of context would show one, the diff is marked to be left out.
    """
    for context in CONTEXT:
        text = unified(path, before, after, context)
        if not shows(text):
            return FileDiff(path, text)
    return FileDiff(path, unified(path, before, after), hides=True)


def unified(path: str, before: str, after: str, context: int = CONTEXT[0]) -> str:
    """Return a unified diff as git writes it; an empty side is a file that is not there."""
    if before == after:
        return ""
    old = f"a/{path}" if before else "/dev/null"
    new = f"b/{path}" if after else "/dev/null"
    lines = difflib.unified_diff(
        _lines(before), _lines(after), _quoted(old), _quoted(new), n=context, lineterm=""
    )
    return _header(path, before, after) + "".join(
        _ended(line, head=number < 2 or line.startswith("@@"))  # noqa: PLR2004 - the two file names
        for number, line in enumerate(lines)
    )


def _header(path: str, before: str, after: str) -> str:
    head = f"diff --git {_quoted('a/' + path)} {_quoted('b/' + path)}\n"
    if not before:
        return head + "new file mode 100644\n"
    return head if after else head + "deleted file mode 100644\n"


def _quoted(path: str) -> str:
    """Quote a path as git does where it holds what git would not write bare."""
    if all(" " < char < "\x7f" and char not in '"\\' for char in path):
        return path
    raw = path.encode("utf-8", "surrogateescape")
    escaped = "".join(chr(b) if 31 < b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in raw)  # noqa: PLR2004 - printable ASCII
    return f'"{escaped}"'


def _lines(text: str) -> list[str]:
    """Split at line feeds only, since that is what git and patch call a line."""
    return [line + "\n" for line in text[:-1].split("\n")] if text.endswith("\n") else _open(text)


def _open(text: str) -> list[str]:
    """Split a text whose last line has no end."""
    *ended, last = text.split("\n")
    return [line + "\n" for line in ended] + ([last] if last else [])


def _ended(line: str, *, head: bool) -> str:
    """End a header line, and mark a line of the file that has no end."""
    if line.endswith("\n"):
        return line
    return line + ("\n" if head else "\n\\ No newline at end of file\n")


def join(diffs: Iterable[FileDiff]) -> tuple[str, tuple[str, ...]]:
    """Join diffs for printing, and return the paths of those left out for showing a secret.

    Raises `Refused` where an independent reader of diffs does not see every file in it.
    """
    diffs = [diff for diff in diffs if diff.text]
    shown = [diff for diff in diffs if not diff.hides]
    text = "".join(diff.text for diff in shown)
    if len(PatchSet(text)) != len(shown):
        raise Refused("This diff would not be read as it was written; it is not printed.")
    return text, tuple(diff.path for diff in diffs if diff.hides)


def for_display(diff: FileDiff) -> str:
    """Return a diff safe for a terminal."""
    return visible(diff.text)
