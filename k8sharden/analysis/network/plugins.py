"""Network plug-ins: by which DaemonSet each is known, and whether it enforces NetworkPolicies.

A plug-in is known by the name of its DaemonSet and of a container in it together, since images
come from mirrors and either name alone is free for anybody to choose.

Source: the documentation and the manifests of each: Calico 3.31, Cilium 1.20, Antrea, Kube-OVN,
OVN-Kubernetes, kube-router, kube-network-policies, Flannel, the Amazon VPC CNI, Azure NPM, Weave
Net, and kindnet, which enforces since kind 0.24.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

from k8sharden.analysis.images import parse_image
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, visit_containers

CILIUM = "Cilium"
FLANNEL = "Flannel"
AMAZON = "The Amazon VPC CNI"
KIND = "kindnet"
ROUTER = "kube-router"
WEAVE = "Weave Net"

_INSTALLS = ("/etc/cni", "/opt/cni")
_KINDNET = re.compile(r"v(\d{8})-")
_WITHOUT, _WITH = "20240513", "20240813"
"""The days in the tags of kindnet's images: in kind 0.23, and in 0.24 which enforces."""


class Agent(msgspec.Struct, frozen=True):
    """A plug-in's pods on the nodes.

    ``enforces`` is None where that cannot be told from it; ``why`` says, as the end of a sentence,
    what keeps it from a clear yes.
    """

    plugin: str
    namespace: str
    label: str
    nodes: int
    ready: int
    enforces: bool | None
    why: str = ""


class _Known(msgspec.Struct, frozen=True):
    plugin: str
    names: str
    containers: tuple[str, ...]
    judge: Callable[[Container], tuple[bool | None, str]]


def agents(inventory: Inventory) -> Iterator[Agent]:
    """Yield the plug-ins whose DaemonSets are there, what enforces before what does not."""
    owners = inventory.of(kinds.DAEMON_SETS, o.TemplateOwner)
    for known in _KNOWN:
        pattern = re.compile(known.names)
        for owner in owners:
            found = _container(owner, known) if pattern.fullmatch(owner.name) else None
            if found is not None:
                yield _agent(known, owner, found)


def unknown_plugins(inventory: Inventory) -> tuple[str, ...]:
    """Return the DaemonSets that install a plug-in on the nodes, for where none of ours is seen."""
    return tuple(
        kinds.DAEMON_SETS.ref(owner.namespace, owner.name).label
        for owner in inventory.of(kinds.DAEMON_SETS, o.TemplateOwner)
        if any(
            (volume.host_path or "").startswith(_INSTALLS)
            for volume in owner.spec.template.spec.volumes
        )
    )


def _container(owner: o.TemplateOwner, known: _Known) -> Container | None:
    seen = (each.container for each in visit_containers(owner.spec.template.spec))
    return next((each for each in seen if each.name in known.containers), None)


def _agent(known: _Known, owner: o.TemplateOwner, container: Container) -> Agent:
    status = owner.status or o.OwnerStatus()
    enforces, why = known.judge(container)
    label = kinds.DAEMON_SETS.ref(owner.namespace, owner.name).label
    return Agent(
        known.plugin,
        owner.namespace,
        label,
        status.desired_number_scheduled,
        status.number_ready,
        enforces,
        why,
    )


def _always(_: Container) -> tuple[bool | None, str]:
    return True, ""


def _never(_: Container) -> tuple[bool | None, str]:
    return False, "no policy engine runs beside it"


def _flag(container: Container, name: str) -> str:
    """Return the value of a flag on a container's command line, ``true`` where it has none."""
    words = [*(container.command or ()), *(container.args or ())]
    said = [word.partition("=") for word in words if word.partition("=")[0] == f"--{name}"]
    return (said[-1][2] or "true").lower() if said else ""


def _amazon(container: Container) -> tuple[bool | None, str]:
    name = "enable-network-policy"
    if _flag(container, name) == "true":
        return True, ""
    return False, f"its node agent has no --{name}=true"


def _router(container: Container) -> tuple[bool | None, str]:
    name = "run-firewall"
    if _flag(container, name) == "false":
        return False, f"it has --{name}=false"
    return True, ""


def _kindnet(container: Container) -> tuple[bool | None, str]:
    image = parse_image(container.image)
    made = _KINDNET.match(image.tag) if image else None
    if made and made[1] <= _WITHOUT:
        return False, f"its image is of {made[1]}, and it enforces since kind 0.24"
    if made and made[1] >= _WITH:
        return True, ""
    return None, "its image does not tell whether it is of kind 0.24 or later"


_KNOWN = (
    _Known(CILIUM, r"(?:.*-)?cilium|anetd", ("cilium-agent",), _always),
    _Known("Calico", "calico-node", ("calico-node",), _always),
    _Known("Canal", "(?:.*-)?canal", ("calico-node",), _always),
    _Known("Antrea", "antrea-agent", ("antrea-agent",), _always),
    _Known(
        "OVN-Kubernetes",
        "ovnkube-node.*",
        ("ovnkube-node", "ovnkube-controller", "ovn-controller"),
        _always,
    ),
    _Known("Kube-OVN", "kube-ovn-cni", ("cni-server",), _always),
    _Known("kube-network-policies", ".*", ("kube-network-policies",), _always),
    _Known("Azure NPM", "azure-npm", ("azure-npm",), _always),
    _Known(WEAVE, "weave-net", ("weave-npc",), _always),
    _Known(ROUTER, ".*kube-router.*", ("kube-router",), _router),
    _Known(KIND, "kindnet", ("kindnet-cni",), _kindnet),
    _Known(AMAZON, "aws-node", ("aws-eks-nodeagent",), _amazon),
    _Known(AMAZON, "aws-node", ("aws-node",), _never),
    _Known(FLANNEL, ".*flannel.*", ("kube-flannel",), _never),
    _Known(WEAVE, "weave-net", ("weave",), _never),
)
"""What enforces stands before what does not: Flannel beside Calico is Canal, and enforces."""
