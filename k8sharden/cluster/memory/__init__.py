"""A Kubernetes API server in memory, which answers as a real one does.

One suite of contract tests runs against both; where they differ, the real one is right.
"""

from k8sharden.cluster.memory.server import MemoryCluster

__all__ = ["MemoryCluster"]
