"""What the API server fills into pod specs and pod templates.

Source: k8s.io/kubernetes, pkg/apis/core/v1/defaults.go, v1.36.
"""

from typing import Any

from k8sharden.cluster.memory.quantities import to_milli
from k8sharden.cluster.memory.store import Object

_READABLE = 0o644
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_CONTAINER = {
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_POD = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
}


def _default(value: Object, defaults: Object) -> None:
    for name, default in defaults.items():
        if value.get(name) in (None, "", 0) and value.get(name) is not False:
            value[name] = default


def template(value: Object) -> None:
    """Fill in a pod template."""
    pod_spec(value["spec"])


def pod_spec(spec: Object) -> None:
    """Fill in a pod spec."""
    grace = spec.get("terminationGracePeriodSeconds")
    _default(spec, _POD)
    if grace is not None:
        spec["terminationGracePeriodSeconds"] = grace
    if spec.get("securityContext") is None:
        spec["securityContext"] = {}
    _account(spec)
    for name in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(name) or ():
            _container(container)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _account(spec: Object) -> None:
    """Keep the old name of the field equal to the new one."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _container(container: Object) -> None:
    _default(container, _CONTAINER)
    _default(container, {"imagePullPolicy": _pull_policy(container.get("image") or "")})
    for port in container.get("ports") or ():
        _default(port, {"protocol": "TCP"})
    for part in ("limits", "requests"):
        found = container["resources"].get(part) or {}
        for name, quantity in found.items():
            found[name] = to_milli(quantity)
    for name in _PROBES:
        if container.get(name) is not None:
            _default(container[name], _PROBE)
            _handler(container[name])
    for handler in (container.get("lifecycle") or {}).values():
        if isinstance(handler, dict):
            _handler(handler)
    for variable in container.get("env") or ():
        _field_ref(variable.get("valueFrom"))


def _pull_policy(image: str) -> str:
    """Return Always for an image without a tag or digest, or tagged latest."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return "Always" if tag == "latest" or not (tag or digest) else "IfNotPresent"


def _handler(value: Object) -> None:
    request = value.get("httpGet")
    if request is not None:
        _default(request, {"path": "/", "scheme": "HTTP"})
    if value.get("grpc") is not None and value["grpc"].get("service") is None:
        value["grpc"]["service"] = ""


def _field_ref(source: Any) -> None:
    if source and source.get("fieldRef"):
        _default(source["fieldRef"], {"apiVersion": "v1"})


def _volume(volume: Object) -> None:
    if len(volume) == 1:
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        if volume.get(name) is not None and volume[name].get("defaultMode") is None:
            volume[name]["defaultMode"] = _READABLE
    if volume.get("hostPath") is not None and volume["hostPath"].get("type") is None:
        volume["hostPath"]["type"] = ""
    for item in (volume.get("downwardAPI") or {}).get("items") or ():
        _field_ref(item)
    for source in (volume.get("projected") or {}).get("sources") or ():
        if source.get("serviceAccountToken") is not None:
            _default(source["serviceAccountToken"], {"expirationSeconds": 3600})
        for item in (source.get("downwardAPI") or {}).get("items") or ():
            _field_ref(item)
