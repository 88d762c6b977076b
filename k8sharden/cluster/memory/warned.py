"""What the API server warns about in pod specs that it accepts all the same.

The doubtful entries that hand-made changes bring; its warnings of removed volume types and old
annotations are left out. Source: k8s.io/kubernetes, pkg/api/pod/warnings.go, v1.36.
"""

import json
from typing import Any

from k8sharden.cluster.memory.quantities import amount
from k8sharden.cluster.memory.store import Object
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

_TEMPLATE = ("spec", "template", "spec")
_PLACES: dict[str, tuple[str, ...]] = {
    kinds.PODS.key: ("spec",),
    kinds.CRON_JOBS.key: ("spec", "jobTemplate", *_TEMPLATE),
    **{
        kind.key: _TEMPLATE for kind in kinds.WORKLOADS if kind not in (kinds.PODS, kinds.CRON_JOBS)
    },
}


def pod_spec_of(kind: ResourceType, value: Object) -> tuple[Object, str] | None:
    """Return the pod spec that an object holds and its path, or None."""
    place = _PLACES.get(kind.key)
    if place is None:
        return None
    spec: Any = value
    for name in place:
        spec = spec[name]
    return spec, ".".join(place)


def warnings(kind: ResourceType, value: Object) -> list[str]:
    """Return the warnings about an object's pod spec."""
    found = pod_spec_of(kind, value)
    return _in_spec(*found) if found else []


def _in_spec(spec: Object, where: str) -> list[str]:
    found = [
        f'{where}.imagePullSecrets[{number}].name: invalid empty name ""'
        for number, each in enumerate(spec.get("imagePullSecrets") or ())
        if not each.get("name")
    ]
    ports: dict[str, str] = {}
    for list_name in ("initContainers", "containers"):
        for number, container in enumerate(spec.get(list_name) or ()):
            field = f"{where}.{list_name}[{number}]"
            found += _amounts(container["resources"], f"{field}.resources")
            found += _variables(container, field)
            found += _ports(container, field, ports)
    return found


def _amounts(resources: Object, where: str) -> list[str]:
    """Bytes come whole."""
    return [
        f"{where}.{part}[{name}]: fractional byte value {json.dumps(found)} is invalid, must be an "
        "integer"
        for name in ("memory", "ephemeral-storage")
        for part in ("limits", "requests")
        if (found := (resources.get(part) or {}).get(name)) is not None and amount(found) % 1
    ]


def _variables(container: Object, where: str) -> list[str]:
    """A variable of the same name hides the earlier one, unless it is made of it."""
    found, seen = [], set[str]()
    for number, each in enumerate(container.get("env") or ()):
        name, value, reference = each["name"], each.get("value") or "", f"$({each['name']})"
        builds_on_it = reference in value and value != reference and not each.get("valueFrom")
        if name in seen and not builds_on_it:
            found.append(
                f"{where}.env[{number}]: hides previous definition of {json.dumps(name)}, "
                "which may be dropped when using apply"
            )
        seen.add(name)
    return found


def _ports(container: Object, where: str, seen: dict[str, str]) -> list[str]:
    found = []
    for number, each in enumerate(container.get("ports") or ()):
        field = f"{where}.ports[{number}]"
        key = json.dumps([each.get(k) for k in ("containerPort", "protocol", "hostIP", "hostPort")])
        if key in seen:
            found.append(f"{field}: duplicate port definition with {seen[key]}")
        seen.setdefault(key, field)
    return found
