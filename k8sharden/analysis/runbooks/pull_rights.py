"""How nodes come to check who may use the private images that they hold already.

Source: KEP-2535; kubernetes.io, "Images: ensure image pull credential verification", and
"Admission Controllers: AlwaysPullImages".
"""

from collections.abc import Mapping

from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model.change import File
from k8sharden.model.text import one_line

_MOST = 50
_PROVIDERS = ("eks", "gke", "aks")

_LOOK = (
    "Look at which images are private, and how pods get them: by `imagePullSecrets`, by the "
    "ServiceAccount's, or by the node's own login. A pod that only ran because the image was "
    "there already will not start any more."
    + shell(
        "kubectl get pods -A -o custom-columns="
        "NS:.metadata.namespace,POD:.metadata.name,SECRETS:.spec.imagePullSecrets[*].name"
    )
)
_UPGRADE = (
    "Bring the kubelets of these nodes to 1.35 or newer, one node after the other: from there on "
    "they check by themselves. See that nobody has turned that off, on each node:"
    + shell("grep imagePullCredentialsVerificationPolicy /var/lib/kubelet/config.yaml")
    + "\n\n   No line, or `NeverVerifyPreloadedImages`, is well; `NeverVerify` has to go, and the "
    "kubelet be restarted."
)
_ADMISSION = (
    "Where the nodes have to stay older: let the API server turn each pod's policy into "
    "`Always`, so that nodes ask the registry at each start. Add `AlwaysPullImages` to "
    "`--enable-admission-plugins` in `/etc/kubernetes/manifests/kube-apiserver.yaml` on each "
    "control-plane node, one at a time, behind what is there:"
    + shell("--enable-admission-plugins=NodeRestriction,AlwaysPullImages")
)
_MANAGED = (
    "Where the nodes have to stay older: a managed control plane lets nobody add the admission "
    "plugin AlwaysPullImages, so keep tenants on nodes of their own until then."
)
_WRONG = (
    (
        "Pods stay in `ImagePullBackOff`, with *unauthorized*",
        "They never had the right: give the ServiceAccount an `imagePullSecrets` for the registry.",
    ),
    (
        "Pods do not start while the registry is down",
        "With AlwaysPullImages each start asks it; a mirror near the nodes helps.",
    ),
)


def files(distribution: str, nodes: Mapping[str, str]) -> tuple[File, ...]:
    """Return the runbook for ``nodes``, each with its kubelet's version."""
    listed = [f"- {one_line(name, 260)}: {one_line(nodes[name], 60)}" for name in sorted(nodes)]
    more = [f"- and {len(listed) - _MOST} more"] if len(listed) > _MOST else []
    otherwise = _MANAGED if distribution.lower() in _PROVIDERS else _ADMISSION
    runbook = Runbook(
        "Let nodes check who may use private images",
        "These nodes start a container from a private image that they hold already, without "
        "asking whether the pod has the right to pull it:\n\n" + "\n".join(listed[:_MOST] + more),
        (_LOOK, _UPGRADE, otherwise),
        "Start a pod without pull secrets, on a node that holds a private image, from that image "
        "and with `imagePullPolicy: IfNotPresent`: it has to stay in `ErrImagePull`. Scan again.",
        "An older kubelet on a new node, or the plugin taken out of the flag: both bring back what "
        "was. Nothing that runs is stopped by either way.",
        _WRONG,
    )
    return (runbook.file(),)
