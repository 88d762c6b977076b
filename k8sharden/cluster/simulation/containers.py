"""What becomes of a pod's containers: they run, fall over and over again, or never start.

Source: k8s.io/kubernetes, pkg/kubelet/{images,kuberuntime,container}, v1.36.
"""

import math
from collections.abc import Callable, Mapping

import msgspec

from k8sharden.cluster.memory.store import Object
from k8sharden.cluster.simulation import times
from k8sharden.cluster.simulation.images import Image, Images, covered, image_id, image_of

_BACK_OFF = (10, 20, 40, 80, 160, 300)
"""Seconds that a kubelet waits before each further start; the last of them from then on."""


class Fates(msgspec.Struct, frozen=True):
    """The containers' statuses, the pod's phase, and when a restart counter moves ``again``."""

    statuses: Mapping[str, list[Object]]
    phase: str
    ready: bool
    again: float = math.inf


def fates(images: Images, pod: Object, since: int, now: int) -> Fates:
    """Return what the containers that were started at ``since`` came to by ``now``.

    Both are in seconds since 1970.
    """
    spec = pod["spec"]
    for word in ("initContainers", "containers"):
        for container in spec.get(word) or ():
            image = image_of(images, container["image"])
            if why := _refused(pod, container, image):
                return _held(images, pod, container, {"reason": "CreateContainerConfigError"}, why)
            if path := _unwritable(container, image):
                return _fallen(images, pod, container, path, since, now)
    ended = {"terminated": _ended(0, "Completed", since)}
    runs = {"running": {"startedAt": times.written(since)}}
    found = statuses(images, pod, lambda _: {"state": runs, "ready": True, "started": True})
    if "initContainerStatuses" in found:
        starts = {"state": ended, "ready": True, "started": False}
        found["initContainerStatuses"] = [each | starts for each in found["initContainerStatuses"]]
    return Fates(found, "Running", ready=True)


def statuses(
    images: Images, pod: Object, state: Callable[[Object], Object]
) -> dict[str, list[Object]]:
    """Return the status of each container, with what ``state`` says of it."""
    found = {}
    node = pod["spec"].get("nodeName", "")
    for word, key in (
        ("initContainers", "initContainerStatuses"),
        ("containers", "containerStatuses"),
    ):
        if pod["spec"].get(word):
            found[key] = [_status(images, each, node) | state(each) for each in pod["spec"][word]]
    return found


def _status(images: Images, container: Object, node: str) -> Object:
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": image_id(container["image"], image_of(images, container["image"]), node),
        "lastState": {},
        "ready": False,
        "restartCount": 0,
    }


def _refused(pod: Object, container: Object, image: Image) -> str:
    """Say why the kubelet does not start a container; nothing where it does."""
    spec = pod["spec"]
    if (spec.get("os") or {}).get("name") == "windows":
        return ""
    both = (spec.get("securityContext") or {}) | _set(container.get("securityContext") or {})
    if not both.get("runAsNonRoot"):
        return ""
    metadata = pod["metadata"]
    where = (
        f'(pod: "{metadata["name"]}_{metadata["namespace"]}({metadata["uid"]})", '
        f"container: {container['name']})"
    )
    if both.get("runAsUser") == 0:
        return f"container's runAsUser breaks non-root policy {where}"
    if both.get("runAsUser") is None and image.user == 0:
        return f"container has runAsNonRoot and image will run as root {where}"
    return ""


def _set(context: Object) -> Object:
    return {key: value for key, value in context.items() if value is not None}


def _unwritable(container: Object, image: Image) -> str:
    """Return the first folder that a program writes to and cannot; nothing where all is well."""
    if not (container.get("securityContext") or {}).get("readOnlyRootFilesystem"):
        return ""
    mounts = container.get("volumeMounts") or []
    return next((path for path in image.writes if not covered(path, mounts)), "")


def _held(images: Images, pod: Object, bad: Object, waiting: Object, message: str) -> Fates:
    return Fates(
        statuses(images, pod, lambda each: _beside(pod, bad, each, waiting | {"message": message})),
        "Pending",
        ready=False,
    )


def _beside(pod: Object, bad: Object, each: Object, waiting: Object) -> Object:
    """Return the state of one container of a pod in which another one is bad."""
    if each is bad:
        return {"state": {"waiting": waiting}}
    if any(one is bad for one in pod["spec"].get("initContainers") or ()):
        return {"state": {"waiting": {"reason": "PodInitializing"}}}
    born = pod["metadata"]["creationTimestamp"]
    return {"state": {"running": {"startedAt": born}}, "ready": True, "started": True}


def _fallen(images: Images, pod: Object, bad: Object, path: str, since: int, now: int) -> Fates:
    """Return the state of a pod of which one container ends with an error each time."""
    count, last, again = _restarts(since, now)
    wait = _BACK_OFF[min(count, len(_BACK_OFF) - 1)]
    name = pod["metadata"]["name"]
    waiting = {
        "reason": "CrashLoopBackOff",
        "message": f"back-off {wait}s restarting failed container={bad['name']} pod={name}",
    }
    text = f"{bad['name']}: cannot write {path}/index: Read-only file system: {path}/index"
    ended = _ended(1, "Error", last) | {"message": text}
    found = _held(images, pod, bad, waiting, waiting["message"])
    for each in (status for group in found.statuses.values() for status in group):
        if each["name"] == bad["name"]:
            each |= {"restartCount": count, "lastState": {"terminated": ended}}
    is_init = any(one is bad for one in pod["spec"].get("initContainers") or ())
    return Fates(found.statuses, "Pending" if is_init else "Running", ready=False, again=again)


def _restarts(since: int, now: int) -> tuple[int, int, int]:
    """Return how often a container was started anew, when last, and when it will be again."""
    count, last, pause = 0, since, _BACK_OFF[0]
    while last + pause <= now:
        last += pause
        count += 1
        pause = _BACK_OFF[min(count, len(_BACK_OFF) - 1)]
        if pause == _BACK_OFF[-1]:
            more = max(0, now - last) // pause
            count, last = count + more, last + more * pause
    return count, last, last + pause


def _ended(code: int, reason: str, at: int) -> Object:
    time = times.written(at)
    return {"exitCode": code, "reason": reason, "startedAt": time, "finishedAt": time}
