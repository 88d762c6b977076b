"""What the sources of evidence hand over."""

from k8sharden.analysis.network.calls.services import Target
from k8sharden.analysis.network.edges import Edge, End, Evidence, Untold

Found = Edge | Untold


def edge(source: End, target: Target, *evidence: Evidence) -> Edge:
    """Return the edge from a source to where a connection arrives."""
    return Edge(source, target.end, target.port, target.protocol, evidence)
