"""Carry out a runbook on the training cluster, whose nodes and files are pretended.

What changes the API server's static pod is exactly the patch that `k8sharden export` writes for the
same check. On any other cluster a runbook is carried out by people.
"""

from typing import Any

import yaml

from k8sharden.analysis.runbooks import audit, encryption, static_pod
from k8sharden.cluster.api import Api
from k8sharden.cluster.training.control_plane import STATIC_POD
from k8sharden.errors import InputError, Refused
from k8sharden.missions.lines import answer, command, note
from k8sharden.missions.model import Line
from k8sharden.missions.training import Training, training_of
from k8sharden.model import kinds
from k8sharden.session import Session

_NAME = static_pod.PATCH
_FILES = {"sec-etcd-plain": encryption.files, "aud-off": audit.files}
_DONE = {
    "sec-etcd-plain": "A key was made on the node, and every Secret was written anew.",
    "aud-off": "The policy lies on the node, and the log begins now.",
}
_UNDONE = {
    "sec-etcd-plain": "Every Secret was written in plain text first, then the flag went.",
    "aud-off": "The log stays where it is, and nothing is added to it any more.",
}
_KUBEADM = kinds.CONFIG_MAPS.ref("kube-system", "kubeadm-config")
_KEY = "ClusterConfiguration"
_KEPT = answer("ConfigMap kubeadm-config: merged, so that an upgrade keeps the flags")
_Operations = list[dict[str, Any]]


def carry_out_runbook(session: Session, check: str) -> tuple[Line, ...]:
    """Carry out a check's runbook on the training cluster; return what was done.

    Raises `InputError` for a check without one or another place than the training cluster, and
    `Refused` where it was carried out already, or under --read-only.
    """
    training = _writable(session)
    wanted = _patch(training, check)
    words = _words(wanted)
    if set(words) <= set(_running(training)):
        raise Refused("The runbook was carried out already: the API server has these flags.")
    typed = f"kubectl patch --local -f {static_pod.MANIFEST} --type=json --patch-file={_NAME}"
    lines = (command(typed), *map(answer, words))
    return _restart(training, wanted, _merged(training, check), (*lines, _KEPT), _DONE[check])


def roll_back_runbook(session: Session, check: str) -> tuple[Line, ...]:
    """Take a runbook back on the training cluster, by its own roll-back; return what was done.

    Raises as `carry_out_runbook` does.
    """
    training = _writable(session)
    wanted = _patch(training, check)
    inverse = _inverse(wanted, training.admin.get(STATIC_POD))
    if not inverse:
        raise Refused("There is nothing to take back: the API server runs without these flags.")
    typed = command(f"install -m 0600 /root/kube-apiserver.before.yaml {static_pod.MANIFEST}")
    return _restart(training, inverse, _without(training, check), (typed,), _UNDONE[check])


def _writable(session: Session) -> Training:
    training = training_of(session)
    if session.place.read_only:
        raise Refused("Read-only: start without --read-only to change the training cluster.")
    return training


def _patch(training: Training, check: str) -> _Operations:
    operations: _Operations = _exported(training, check, _NAME)
    return operations


def _exported(training: Training, check: str, name: str) -> Any:
    """Return what a file that is exported for this check says."""
    if check not in _FILES:
        raise InputError(f"The fix of {check} is no runbook: apply it.")
    files = _FILES[check](training.inventory.control_plane.distribution)
    return next(yaml.safe_load(file.text) for file in files if file.path == name)


def _merged(training: Training, check: str) -> dict[str, Any]:
    """Return kubeadm's configuration with the runbook's part merged in."""
    kept = _without(training, check)
    for key, added in _exported(training, check, static_pod.KUBEADM)["apiServer"].items():
        server = kept.setdefault("apiServer", {})
        server[key] = [*server.get(key, ()), *added]
    return kept


def _without(training: Training, check: str) -> dict[str, Any]:
    """Return kubeadm's configuration without the runbook's part."""
    kept: dict[str, Any] = yaml.safe_load(training.admin.get(_KUBEADM)["data"][_KEY])
    server = kept.pop("apiServer", {})
    for key, added in _exported(training, check, static_pod.KUBEADM)["apiServer"].items():
        names = {each["name"] for each in added}
        server[key] = [each for each in server.get(key, ()) if each["name"] not in names]
    left = {key: value for key, value in server.items() if value}
    return {**kept, "apiServer": left} if left else kept


def _words(operations: _Operations) -> list[str]:
    return [each["value"] for each in operations if isinstance(each["value"], str)]


def _running(training: Training) -> list[str]:
    command: list[str] = training.admin.get(STATIC_POD)["spec"]["containers"][0]["command"]
    return command


def _restart(
    training: Training,
    operations: _Operations,
    configuration: dict[str, Any],
    lines: tuple[Line, ...],
    said: str,
) -> tuple[Line, ...]:
    training.cluster.restart_api_server(operations)
    text = yaml.safe_dump(configuration, sort_keys=False)
    Api(training.cluster.transport()).patch(
        _KUBEADM, [{"op": "replace", "path": f"/data/{_KEY}", "value": text}]
    )
    training.place.keep()
    restarted = answer("kube-apiserver-control-plane-1: restarted, ready")
    return (*lines, restarted, note(said))


def _inverse(operations: _Operations, pod: dict[str, Any]) -> _Operations:
    """Return the removals of what the operations appended, last first so that indexes hold."""
    removals = []
    for each in operations:
        items = _list(pod, each["path"])
        for index, item in enumerate(items):
            if _same(item, each["value"]):
                removals.append((each["path"].removesuffix("/-"), index))
    return [
        {"op": "remove", "path": f"{path}/{index}"}
        for path, index in sorted(removals, key=lambda found: -found[1])
    ]


def _list(pod: dict[str, Any], path: str) -> list[Any]:
    """Return the list that a path such as ``/spec/containers/0/command/-`` appends to."""
    value: Any = pod
    for key in path.strip("/").split("/")[:-1]:
        value = value[int(key)] if isinstance(value, list) else value.get(key) or []
    return list(value)


def _same(item: Any, added: Any) -> bool:
    # The server has filled in defaults of volumes and mounts; their names are unique.
    if isinstance(item, dict) and isinstance(added, dict):
        return bool(item.get("name") == added["name"])
    return bool(item == added)
