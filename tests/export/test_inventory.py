"""Tests of the inventory that manifests make."""

import io

from k8sharden.export.inventory import inventory_from
from k8sharden.export.sources import read_sources
from k8sharden.model import kinds
from k8sharden.model.inventory import Coverage, Inventory, SourceKind
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import workloads

TEXT = b"""\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: a}]}}}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop}
stringData: {password: hunter2}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop, namespace: ignored}
---
apiVersion: v1
kind: Pod
metadata: {name: odd, labels: {a: 1}}
---
apiVersion: x.example/v1
kind: Widget
"""


def inventory() -> Inventory:
    """What the text makes."""
    return inventory_from(read_sources(["-"], io.BytesIO(TEXT)), scanned_at=5)


def test_objects_are_decoded_into_their_types() -> None:
    """A namespace is `default` where none is given, and none for what has no namespace."""
    made = inventory()
    assert [(each.ref, each.path) for each in workloads(made)] == [
        (Ref("apps/v1", "Deployment", "default", "web"), ("spec", "template", "spec"))
    ]
    assert [(each.name, each.namespace) for each in made.namespaces] == [("shop", "")]
    assert made.scanned_at == 5
    assert (made.source.kind, made.source.name) == (SourceKind.MANIFESTS, "standard input")


def test_an_object_that_does_not_decode_is_odd_alone() -> None:
    """It is named with its place and what is wrong, and the others count."""
    (odd,) = inventory().odd
    assert odd.ref == Ref("v1", "Pod", "default", "odd")
    assert odd.reason.startswith("standard input:15: Expected `str`, got `int`")


def test_secret_values_are_not_in_it() -> None:
    """Of a Secret only the metadata is decoded."""
    made = inventory()
    assert [each.name for each in made.objects[kinds.SECRETS.key]] == ["s"]
    assert "hunter2" not in repr(made)


def test_the_files_are_the_whole_world_but_for_what_runs() -> None:
    """Types without objects are read; nodes and the control plane are unknown."""
    made = inventory()
    assert made.entry(kinds.NETWORK_POLICIES).complete
    assert made.entry(kinds.NODES).status is Coverage.ERROR
    assert made.control_plane.samples is None
    assert made.control_plane.missing
