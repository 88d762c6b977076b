"""How the secret values of a file are written in it: folded, escaped, or as they are."""

from collections.abc import Iterator

from k8sharden.export.documents import split
from k8sharden.export.manifests import ManifestObject
from k8sharden.export.nodes import Node, node_of
from k8sharden.export.yaml_values import scalar_of
from k8sharden.model.masking import Masker


def masker_of(text: str, objects: Iterator[ManifestObject]) -> Masker:
    """Return a masker that knows the secret values of a file's objects, however they are written.

    ``objects`` are all of the file, those that another one replaces and unknown kinds included.
    """
    masker = Masker()
    for item in objects:
        masker.manifest(item.value)
    if masker.knows_any:
        for value, written in _rewritten(text):
            if masker.shown_in(value):
                masker.mark(written)
    return masker


def _rewritten(text: str) -> Iterator[tuple[str, str]]:
    """Yield the value and the lines of each scalar that is not written as it reads."""
    for document in split(text):
        for node in _scalars(node_of(document.text)):
            value, written = str(scalar_of(node)), document.text[node.start : node.end]
            if node.style in ("|", ">"):
                # The first line holds only the indicator, which is no secret.
                written = written.partition("\n")[2]
            if value not in written:
                yield value, written


def _scalars(root: Node | None) -> Iterator[Node]:
    pending = [root] if root else []
    while pending:
        node = pending.pop()
        if node.kind == "scalar":
            yield node
        pending.extend(node.children)
