"""Generated objects as files hold them, before any controller has seen them."""

from collections.abc import Sequence

from k8sharden.analysis.rbac.built_in import built_in_roles
from k8sharden.cluster.memory.bootstrap import bootstrap
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from k8sharden.model.inventory import Inventory, Source, SourceKind
from tests.analysis.rbac.generated.sets import Json


def manifests(objects: Sequence[Json]) -> Inventory:
    """Return an inventory of these files, and of what else a new cluster has of its own."""
    found: dict[str, tuple[o.Object, ...]] = {}
    people = {ref.name for ref in built_in_roles()}
    others = [each for each in bootstrap() if each["metadata"]["name"] not in people]
    for value in (*others, *objects):
        kind = kinds.BY_KIND[value["apiVersion"], value["kind"]]
        found[kind.key] = (*found.get(kind.key, ()), convert(value, o.STRUCTS[kind]))
    return Inventory(Source(SourceKind.MANIFESTS, "test"), found, {})
