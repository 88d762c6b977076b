"""An inventory made of manifests: the files are the whole world, and there is no cluster."""

from collections.abc import Iterator

import msgspec

from k8sharden.export.files import shown
from k8sharden.export.manifests import ManifestObject, Manifests
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.evidence import ControlPlane
from k8sharden.model.inventory import Coverage, Entry, Inventory, OddObject, Source, SourceKind
from k8sharden.model.text import one_line

_NO_CLUSTER = "Manifests tell nothing of the control plane: scan the cluster."


def inventory_from(manifests: Manifests, name: str = "", *, scanned_at: float = 0.0) -> Inventory:
    """Decode what was read; an object that does not decode is unknown itself and no other.

    ``name`` is the source's, by default its paths; ``scanned_at`` is in seconds since the epoch.

    Every type counts as read, since what is not in the files is not there; nodes alone are no
    matter of files. Of a Secret only the metadata is decoded.
    """
    objects: dict[str, list[o.Object]] = {kind.key: [] for kind in kinds.ALL}
    odd = list(_overridden(manifests))
    for item in manifests.current.values():
        decoded = _decoded(item)
        if isinstance(decoded, OddObject):
            odd.append(decoded)
        else:
            objects[kinds.family(kinds.type_of(item.ref)).key].append(decoded)
    return Inventory(
        Source(SourceKind.MANIFESTS, name or ", ".join(map(shown, manifests.paths))),
        {key: tuple(items) for key, items in objects.items()},
        _ledger(),
        ControlPlane(missing=(_NO_CLUSTER,)),
        tuple(odd),
        scanned_at,
    )


def _overridden(manifests: Manifests) -> Iterator[OddObject]:
    """Yield each copy of an object that another one of the same name stands in for.

    Two environments in one scan would otherwise let the hardened one vouch for the other.
    """
    current = manifests.current
    for item in manifests.objects:
        last = current[item.ref]
        if last is not item and last.value != item.value:
            yield OddObject(
                item.ref,
                f"{item.place} comes again at {last.place}, which is the one that is judged: scan "
                "what is deployed to one cluster on its own",
            )


def _decoded(item: ManifestObject) -> o.Object | OddObject:
    kind = kinds.family(kinds.type_of(item.ref))
    try:
        decoded = convert(item.value, o.STRUCTS[kind])
    except msgspec.ValidationError as error:
        return OddObject(item.ref, one_line(f"{item.place}: {error}", 400))
    metadata = msgspec.structs.replace(
        decoded.metadata, name=item.ref.name, namespace=item.ref.namespace or None
    )
    named = msgspec.structs.replace(decoded, metadata=metadata)
    return n.configured(named, item.value.get("data"))


def _ledger() -> dict[str, Entry]:
    ledger = {kind.key: Entry(kind.key, Coverage.READ) for kind in kinds.ALL}
    ledger[kinds.NODES.key] = Entry(
        kinds.NODES.key, Coverage.ERROR, "manifests tell nothing of nodes"
    )
    return ledger
