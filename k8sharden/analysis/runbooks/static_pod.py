"""Flags and mounts of a kube-apiserver that the kubelet runs from a file: kubeadm, kind, others.

Source: kubeadm's patches folder and its configuration v1beta4. The same JSON patch serves
`kubectl patch --local` now and `kubeadm upgrade --patches` later.
"""

from typing import Any

import msgspec
import yaml

from k8sharden.analysis.runbooks.markdown import shell
from k8sharden.model.change import File

PATCH = "kube-apiserver+json.yaml"
KUBEADM = "kubeadm-config.yaml"
MANIFEST = "/etc/kubernetes/manifests/kube-apiserver.yaml"

RECOVERY = (
    "The API server does not come back, and `kubectl` says *connection refused*",
    (
        "`crictl logs $(crictl ps -a --name kube-apiserver -q | head -n1)` on the node says why; a "
        "wrong path or a missing mount is the usual cause. Roll back on this node; others serve on."
    ),
)
NO_ANSWER = (
    "`curl` fails for ever though the API server runs",
    "It refuses anonymous requests: ask with `kubectl get --raw /readyz` instead.",
)
TWO_SERVERS = (
    "Two API servers fight for the port",
    (
        "The kubelet runs every file in `/etc/kubernetes/manifests`, backups included: move the "
        "copy elsewhere."
    ),
)


class Mount(msgspec.Struct, frozen=True):
    """A path of the node that the API server's container sees at the same place."""

    name: str
    path: str
    type: str
    read_only: bool = True


def files(flags: dict[str, str], mounts: tuple[Mount, ...]) -> tuple[File, ...]:
    """Return the patch of the static pod, and the part of kubeadm's configuration to keep it."""
    return (
        File(PATCH, _head("the static pod kube-apiserver") + _dump(_patch(flags, mounts))),
        File(
            KUBEADM,
            _head("ClusterConfiguration, in ConfigMap kube-system/kubeadm-config: merge this in")
            + _dump(_kubeadm(flags, mounts)),
        ),
    )


def install(subject: str, flag: str, check: str) -> tuple[str, ...]:
    """Return the steps that change one node's static pod and keep the change.

    ``subject`` names the copies, so that two runbooks keep theirs apart; ``flag`` shows that the
    new API server is the one that runs.
    """
    before, after = _copy("before", subject), _copy("after", subject)
    return (
        "Change the API server of this node. The copy stays outside the manifests folder, since "
        "the kubelet would run it too:"
        + shell(
            f"cp -p {MANIFEST} {before}",
            f"kubectl patch --local -f {MANIFEST} --type=json \\",
            f"  --patch-file={PATCH} -o yaml > {after}",
            f"diff -u {before} {after}",
            f"install -m 0600 {after} {MANIFEST}",
        ),
        "Wait until the new one runs and serves, on this node, before touching the next. The old "
        "one answers until the kubelet has noticed, so both are asked:"
        + shell(
            f"until pgrep -f 'kube-apiserver .*--{flag}='; do sleep 2; done",
            "until curl -ksf https://127.0.0.1:6443/readyz; do sleep 2; done",
        ),
        f"Repeat the last two steps on each other control-plane node, one at a time. {check}",
        "Keep the change across upgrades: merge `kubeadm-config.yaml` into the ConfigMap (clusters "
        "that kubeadm did not make have another place for it)."
        + shell("kubectl -n kube-system edit configmap kubeadm-config"),
    )


def roll_back(subject: str) -> str:
    """Return how one node gets its old API server back."""
    return (
        f"On each node, one at a time: `install -m 0600 {_copy('before', subject)} {MANIFEST}`, "
        "then wait as above. What was changed in the manifest since then is lost: compare first. "
        "Take the lines out of `kubeadm-config` again."
    )


def _copy(state: str, subject: str) -> str:
    return f"/root/kube-apiserver.{state}-{subject}.yaml"


def _patch(flags: dict[str, str], mounts: tuple[Mount, ...]) -> list[dict[str, Any]]:
    container = "/spec/containers/0"
    operations: list[tuple[str, Any]] = [
        (f"{container}/command/-", f"--{name}={value}") for name, value in flags.items()
    ]
    for mount in mounts:
        inside = {"name": mount.name, "mountPath": mount.path, "readOnly": mount.read_only}
        host = {"name": mount.name, "hostPath": {"path": mount.path, "type": mount.type}}
        operations += [(f"{container}/volumeMounts/-", inside), ("/spec/volumes/-", host)]
    return [{"op": "add", "path": path, "value": value} for path, value in operations]


def _kubeadm(flags: dict[str, str], mounts: tuple[Mount, ...]) -> dict[str, Any]:
    volumes = [
        {
            "name": mount.name,
            "hostPath": mount.path,
            "mountPath": mount.path,
            "readOnly": mount.read_only,
            "pathType": mount.type,
        }
        for mount in mounts
    ]
    arguments = [{"name": name, "value": value} for name, value in flags.items()]
    return {
        "apiVersion": "kubeadm.k8s.io/v1beta4",
        "kind": "ClusterConfiguration",
        "apiServer": {"extraArgs": arguments, "extraVolumes": volumes},
    }


def _head(about: str) -> str:
    return f"# For {about}. See RUNBOOK.md.\n"


def _dump(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False)
