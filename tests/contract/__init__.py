"""One suite against two clusters: the one in memory, and a real kube-apiserver.

Where they differ, the real one is right.
"""
