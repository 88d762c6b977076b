"""The rules of pod specs that a change of ours, or one made by hand, may break.

Source: k8s.io/kubernetes, pkg/apis/core/validation, v1.36.
"""

import json
from decimal import Decimal
from typing import Any

from k8sharden.cluster.memory import names
from k8sharden.cluster.memory.failures import (
    Cause,
    cause,
    duplicate,
    forbidden_value,
    invalid_value,
    required,
    unsupported,
)
from k8sharden.cluster.memory.kind_rules import port
from k8sharden.cluster.memory.quantities import amount
from k8sharden.cluster.memory.scheduling_rules import scheduling
from k8sharden.cluster.memory.store import Object

_HIGHEST_ID = 2**31 - 1
_SECCOMP = ("Localhost", "RuntimeDefault", "Unconfined")
_PULL = ("Always", "IfNotPresent", "Never")


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def pod_spec(
    spec: Object, where: str, *, in_template: bool = False, claims: tuple[str, ...] = ()
) -> list[Cause]:
    """Say what is wrong with a pod spec; ``claims`` names volumes that a StatefulSet adds."""
    volumes = [*(spec.get("volumes") or ()), *({"name": name} for name in claims)]
    causes = _volumes(spec, f"{where}.volumes")
    if not spec.get("containers"):
        causes.append(required(f"{where}.containers"))
    causes += _names(spec, where)
    for list_name in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(list_name) or ()):
            filled = spec | {"volumes": volumes}
            causes += _container(container, filled, f"{where}.{list_name}[{number}]")
    if in_template and spec.get("ephemeralContainers"):
        text = "ephemeral containers not allowed in pod template"
        causes.append(forbidden_value(f"{where}.ephemeralContainers", text))
    causes += _pod_context(spec.get("securityContext") or {}, f"{where}.securityContext")
    account = spec.get("serviceAccountName") or ""
    bad = names.subdomain(account) if account else []
    causes += [invalid_value(f"{where}.serviceAccountName", _shown(account), t) for t in bad]
    causes += scheduling(spec, where)
    return causes + _policies(spec, where)


def _policies(spec: Object, where: str) -> list[Cause]:
    known = {
        "restartPolicy": ("Always", "OnFailure", "Never"),
        "dnsPolicy": ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"),
    }
    causes = [
        unsupported(f"{where}.{name}", spec[name], values)
        for name, values in known.items()
        if spec[name] not in values
    ]
    if spec.get("hostNetwork") and spec.get("hostUsers") is False:
        causes.append(forbidden_value(f"{where}.hostNetwork", "when `hostUsers` is false"))
    return causes


def _names(spec: Object, where: str) -> list[Cause]:
    """Main containers' names come first; an init container of the same name is the duplicate."""
    causes, seen = [], set[str]()
    for list_name in ("containers", "initContainers"):
        for number, container in enumerate(spec.get(list_name) or ()):
            field, name = f"{where}.{list_name}[{number}].name", container["name"]
            if not name:
                causes.append(required(field))
            elif name in seen:
                causes.append(duplicate(field, _shown(name)))
            causes += [
                invalid_value(field, _shown(name), text)
                for text in (names.label(name) if name else ())
            ]
            seen.add(name)
    return causes


def _volumes(spec: Object, where: str) -> list[Cause]:
    causes, seen = [], set[str]()
    for number, volume in enumerate(spec.get("volumes") or ()):
        name, field = volume["name"], f"{where}[{number}]"
        sources = [key for key in volume if key != "name"]
        causes += [
            forbidden_value(f"{field}.{key}", "may not specify more than 1 volume type")
            for key in sources[1:]
        ]
        if (volume.get("hostPath") or {}).get("path") == "":
            causes.append(required(f"{field}.hostPath.path"))
        if not name:
            causes.append(required(f"{field}.name"))
        elif name in seen:
            causes.append(duplicate(f"{field}.name", _shown(name)))
        bad = names.label(name) if name else []
        causes += [invalid_value(f"{field}.name", _shown(name), text) for text in bad]
        seen.add(name)
    return causes


def _container(container: Object, spec: Object, where: str) -> list[Cause]:
    causes = []
    if not container.get("image"):
        causes.append(required(f"{where}.image"))
    if container["imagePullPolicy"] not in _PULL:
        causes.append(unsupported(f"{where}.imagePullPolicy", container["imagePullPolicy"], _PULL))
    causes += _ports(container.get("ports") or [], f"{where}.ports")
    for number, variable in enumerate(container.get("env") or ()):
        if not variable["name"]:
            causes.append(required(f"{where}.env[{number}].name"))
    causes += _mounts(container, spec, f"{where}.volumeMounts")
    causes += _resources(container["resources"], f"{where}.resources")
    return causes + _context(container.get("securityContext") or {}, f"{where}.securityContext")


def _ports(ports: list[Object], where: str) -> list[Cause]:
    causes, seen = [], set[str]()
    for number, each in enumerate(ports):
        name = each.get("name")
        if name and name in seen:
            causes.append(duplicate(f"{where}[{number}].name", _shown(name)))
        seen.add(name or "")
        field = f"{where}[{number}].containerPort"
        found = each["containerPort"]
        causes += port(field, found) if found else [required(field)]
    return causes


def _mounts(container: Object, spec: Object, where: str) -> list[Cause]:
    volumes = {volume["name"] for volume in spec.get("volumes") or ()}
    causes, seen = [], set[str]()
    for number, mount in enumerate(container.get("volumeMounts") or ()):
        field, name, path = f"{where}[{number}]", mount["name"], mount["mountPath"]
        if not name:
            causes.append(required(f"{field}.name"))
        if name not in volumes:
            causes.append(
                cause("FieldValueNotFound", f"{field}.name", f"Not found: {_shown(name)}")
            )
        if not path:
            causes.append(required(f"{field}.mountPath"))
        elif path in seen:
            causes.append(invalid_value(f"{field}.mountPath", _shown(path), "must be unique"))
        seen.add(path)
    return causes


def _resources(resources: Object, where: str) -> list[Cause]:
    causes = []
    limits, requests = resources.get("limits") or {}, resources.get("requests") or {}
    for part, found in (("limits", limits), ("requests", requests)):
        causes += [
            invalid_value(
                f"{where}.{part}[{name}]", _shown(each), "must be greater than or equal to 0"
            )
            for name, each in found.items()
            if amount(each) < Decimal(0)
        ]
    return causes + [
        invalid_value(
            f"{where}.requests",
            _shown(each),
            f"must be less than or equal to {name} limit of {limits[name]}",
        )
        for name, each in requests.items()
        if name in limits and amount(each) > amount(limits[name])
    ]


def _identity(context: Object, where: str, fields: tuple[str, ...]) -> list[Cause]:
    text = f"must be between 0 and {_HIGHEST_ID}, inclusive"
    return [
        invalid_value(f"{where}.{name}", str(context[name]), text)
        for name in fields
        if context.get(name) is not None and not 0 <= context[name] <= _HIGHEST_ID
    ]


def _pod_context(context: Object, where: str) -> list[Cause]:
    causes = _identity(context, where, ("runAsUser", "runAsGroup", "fsGroup"))
    return causes + _profiles(context, where)


def _context(context: Object, where: str) -> list[Cause]:
    causes = _identity(context, where, ("runAsUser", "runAsGroup"))
    causes += _profiles(context, where)
    if context.get("allowPrivilegeEscalation") is False:
        added = (context.get("capabilities") or {}).get("add") or ()
        reasons = {
            "`privileged` to true": bool(context.get("privileged")),
            "`capabilities.Add` CAP_SYS_ADMIN": "CAP_SYS_ADMIN" in added,
        }
        causes += [
            invalid_value(
                where, _shown(context), f"cannot set `allowPrivilegeEscalation` to false and {text}"
            )
            for text, holds in reasons.items()
            if holds
        ]
    return causes


def _profiles(context: Object, where: str) -> list[Cause]:
    causes = []
    for name in ("seccompProfile", "appArmorProfile"):
        profile = context.get(name)
        if profile is None:
            continue
        field, kind, path = f"{where}.{name}", profile["type"], profile.get("localhostProfile")
        word = name.removesuffix("Profile").lower()
        if kind == "Localhost" and not path:
            text = f"must be set when {word} type is Localhost"
            causes.append(required(f"{field}.localhostProfile", text))
        if kind != "Localhost" and path is not None:
            text = f"can only be set when {word} type is Localhost"
            causes.append(invalid_value(f"{field}.localhostProfile", _shown(profile), text))
        if kind not in _SECCOMP:
            causes.append(unsupported(f"{field}.type", kind, _SECCOMP))
    return causes
