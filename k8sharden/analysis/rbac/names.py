"""Names that a controller makes, or that change with every run: no limit of a role to keep to.

Source: kubernetes.io, Object Names and IDs; k8s.io/apiserver, pkg/storage/names (the letters of
generated names).
"""

import re

_MADE = frozenset(
    {
        ("", "pods"),
        ("", "events"),
        ("", "nodes"),
        ("apps", "controllerrevisions"),
        ("apps", "replicasets"),
        ("certificates.k8s.io", "certificatesigningrequests"),
        ("discovery.k8s.io", "endpointslices"),
        ("events.k8s.io", "events"),
        ("metrics.k8s.io", "nodes"),
        ("metrics.k8s.io", "pods"),
        ("storage.k8s.io", "csinodes"),
        ("storage.k8s.io", "volumeattachments"),
    }
)
"""The resources whose objects something else than a person names, as a rule."""

_PASSING = re.compile(
    r"""
      -[bcdfghjklmnpqrstvwxz2456789]{5}$      # generateName
    | -[bcdfghkmt2456789]{10}$                # a hash, as kustomize appends to ConfigMaps
    | [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-    # a UUID
    | -[0-9a-f]{7,64}$                        # a commit or a digest
    | -[0-9]{3,}$                             # a run, a minute
    | \.v[0-9]+$                              # a revision, as Helm counts them
    """,
    re.VERBOSE,
)


def passes(group: str, resource: str, name: str) -> bool:
    """Whether another name will stand in this one's place: by its type, or by how it ends."""
    return (group, resource.partition("/")[0]) in _MADE or bool(_PASSING.search(name[:300]))
