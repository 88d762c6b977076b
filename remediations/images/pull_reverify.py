"""Nodes that give any pod the private images which they hold already.

Bad: a kubelet before 1.35, which does not check a pod's right to an image that is there, under an
API server without the admission plugin AlwaysPullImages. Good: that plugin on every API server.
From 1.35 on kubelets check by default (`imagePullCredentialsVerificationPolicy:
NeverVerifyPreloadedImages`), but only a node's configuration tells whether somebody turned it off;
through the API it takes `nodes/proxy`, a right to run commands in any pod, which is never asked
for here. So that is unknown.
Source: KEP-2535; CIS Kubernetes 1.2.11; kubernetes.io, "Images".
"""

from collections.abc import Iterator, Mapping

from k8sharden.analysis.control_plane import speaks_for_all
from k8sharden.analysis.releases import minor
from k8sharden.analysis.runbooks import pull_rights
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.evidence import ApiServerFlags
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.objects import Node
from k8sharden.model.text import one_line

_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")
_CHECKS_SINCE = 35
_PLUGIN = "AlwaysPullImages"
_SHOWN = 5
_CANNOT_TELL = (
    "Whether kubelets check a pod's right to a private image that is there already cannot be told "
    "through the API: look for imagePullCredentialsVerificationPolicy in /var/lib/kubelet/"
    "config.yaml on a node."
)


def _pulls_always(server: ApiServerFlags) -> bool:
    enabled = server.flags.get("enable-admission-plugins", "").split(",")
    disabled = server.flags.get("disable-admission-plugins", "").split(",")
    return _PLUGIN in enabled and _PLUGIN not in disabled


def _old(inventory: Inventory) -> dict[str, str]:
    """Return the nodes whose kubelets do not check by themselves, with their versions."""
    infos = {
        node.name: node.status.node_info
        for node in inventory.of(kinds.NODES, Node)
        if node.status and node.status.node_info
    }
    return {
        name: info.kubelet_version
        for name, info in infos.items()
        if (minor(info.kubelet_version) or _CHECKS_SINCE) < _CHECKS_SINCE
    }


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    plane = inventory.control_plane
    always = [_pulls_always(server) for server in plane.servers if server.flags]
    if always and all(always) and speaks_for_all(plane):
        return
    old = _old(inventory)
    if old and always and not all(always):
        yield _finding(Status.FAIL, _said(old), {"kubelets": old})
    else:
        yield _finding(Status.UNKNOWN, _CANNOT_TELL, {})


def _said(old: Mapping[str, str]) -> str:
    named = ", ".join(sorted(old)[:_SHOWN]) + (" and others" if len(old) > _SHOWN else "")
    return (
        f"Any pod on {one_line(named, 200)} may use private images that are there already: their "
        "kubelets are older than 1.35, and no AlwaysPullImages makes up for it."
    )


def _finding(status: Status, message: str, evidence: Mapping[str, object]) -> Finding:
    return Finding(ITEM.id, ITEM.area, ITEM.severity, status, _CLUSTER, message, evidence=evidence)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    old = _old(inventory)
    if not old:
        return NoChange(f"Not known to be wrong. {found.message}")
    distribution = inventory.control_plane.distribution
    return Change(
        ChangeKind.ARTEFACT,
        "Let nodes check who may use private images",
        Risk.RESTART,
        files=pull_rights.files(distribution, old),
        basis={"distribution": distribution, "kubelets": old},
        warnings=("A pod that ran without a pull secret may not start any more: look first.",),
    )


_DOCS = "https://kubernetes.io/docs"
_KEP = "https://github.com/kubernetes/enhancements/issues/2535"

ITEM = Item(
    id="img-pull-reverify",
    title="Nodes check who may use a private image",
    area=Area.IMAGES,
    severity=Severity.LOW,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CONTROL_PLANE,
    needs=(),
    references=(
        Reference("CIS Kubernetes 1.2.11"),
        Reference("Kubernetes enhancement 2535", _KEP),
    ),
    lesson=Lesson(
        what=(
            "A private image needs a login to be pulled. But once one pod has pulled it, the image "
            "lies on the node, and kubelets before 1.35 start any other pod from it that asks with "
            "imagePullPolicy IfNotPresent or Never: nobody checks the second pod's right. Newer "
            "kubelets remember which secrets an image was pulled with, and ask again."
        ),
        why=(
            "Several teams share nodes, and their images hold what only they should have: code, "
            "models, sometimes keys that somebody baked in. The registry's rights end at the first "
            "pull: whoever may create a pod, and knows the name of an image, can run it and read "
            "what is inside, as if there were no login."
        ),
        attack=(
            "Mallory may create pods in namespace office, and has no right to the payment team's "
            "repository. She knows the image of Deployment payments/fraud-screen from a shared "
            "screen. A pod with that name, imagePullPolicy Never and a shell as its command lands "
            "on a node where the image lies, and an old kubelet starts it. The rules that find "
            "stolen cards are read within a minute."
        ),
        fix=(
            "The best is a kubelet of 1.35 or newer: it checks by default. Where nodes have to "
            "stay older, the admission plugin AlwaysPullImages gives every pod the policy Always, "
            "so that the registry is asked each time. Both are set on nodes, not through the API, "
            "so you get a runbook with the nodes that are concerned."
        ),
        breaks=(
            "Pods without a pull secret that only ran because the image was there do not start any "
            "more, which is the point, and a surprise: look for them first. With AlwaysPullImages "
            "nothing starts while the registry is down, and each start costs a request. API "
            "servers restart for the flag, one at a time."
        ),
        verify=(
            "On a node that holds a private image, start a pod from it without pull secrets, with "
            "imagePullPolicy IfNotPresent: it has to end in ErrImagePull, and `kubectl describe "
            "pod` says that the credentials could not be verified. `kubectl get nodes` shows "
            "v1.35 or newer."
        ),
        reading=(
            Reference(
                "Images: pull policy and private registries", f"{_DOCS}/concepts/containers/images/"
            ),
            Reference("Kubernetes enhancement 2535: secrets for pulled images", _KEP),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
