"""Where pods may run: node selectors, and taints that they tolerate.

Source: Kubernetes documentation, "Assigning Pods to Nodes" and "Taints and Tolerations".
"""

from k8sharden.cluster.memory.store import Object


def fitting(nodes: list[Object], spec: Object) -> list[Object]:
    """Return the nodes on which a pod may run."""
    wanted = (spec.get("nodeSelector") or {}).items()
    tolerations = spec.get("tolerations") or []
    return [
        node
        for node in nodes
        if wanted <= (node["metadata"].get("labels") or {}).items()
        and all(
            any(_tolerates(each, taint) for each in tolerations)
            for taint in (node.get("spec") or {}).get("taints") or ()
            if taint["effect"] in ("NoSchedule", "NoExecute")
        )
    ]


def emptiest(nodes: list[Object], pods: list[Object], owner: str) -> str:
    """Return the name of the node with the fewest pods of an owner, then of all; "" for none."""

    def load(name: str) -> tuple[int, int, str]:
        there = [pod for pod in pods if pod["spec"].get("nodeName") == name]
        own = [pod for pod in there if owner and owner in _owners(pod)]
        return len(own), len(there), name

    return min((node["metadata"]["name"] for node in nodes), key=load, default="")


def _owners(pod: Object) -> list[str]:
    return [each["uid"] for each in pod["metadata"].get("ownerReferences") or ()]


def _tolerates(toleration: Object, taint: Object) -> bool:
    key, effect = toleration.get("key"), toleration.get("effect")
    if effect and effect != taint["effect"]:
        return False
    if toleration.get("operator") == "Exists":
        return not key or key == taint["key"]
    return bool(key == taint["key"] and toleration.get("value", "") == taint.get("value", ""))
