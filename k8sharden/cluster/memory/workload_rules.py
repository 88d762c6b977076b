"""The rules of the kinds that hold pod templates, and of Pods.

Source: k8s.io/kubernetes, pkg/apis/{apps,batch,core}/validation, v1.36.
"""

import json
import re
from typing import Any

from k8sharden.cluster.memory.failures import (
    Cause,
    forbidden_value,
    invalid_value,
    required,
    unsupported,
)
from k8sharden.cluster.memory.kind_rules import label_selector, labels
from k8sharden.cluster.memory.pod_rules import pod_spec
from k8sharden.cluster.memory.store import Object

_IMMUTABLE = "field is immutable"
_POD_CHANGES = (
    "pod updates may not change fields other than `spec.containers[*].image`,"
    "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only "
    "additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set "
    "to 1 if it was previously negative)"
)
_SET_CHANGES = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', "
    "'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "
    "'minReadySeconds' are forbidden"
)
_WHOLE = 100
_PERCENT = (
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or "
    "'93%', regex used for validation is '[0-9]+%')"
)
_SET_MAY_CHANGE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip


def _shown(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def pod(value: Object) -> list[Cause]:
    """Say what is wrong with a Pod."""
    return pod_spec(value["spec"], "spec")


def pod_created(value: Object) -> list[Cause]:
    """Say what a Pod may get later only, by a subresource."""
    if not value["spec"].get("ephemeralContainers"):
        return []
    return [forbidden_value("spec.ephemeralContainers", "cannot be set on create")]


def pod_changed(value: Object, old: Object) -> list[Cause]:
    """Say what a change of a Pod may not touch: all but images, deadlines and tolerations."""
    now, before = value["spec"], old["spec"]
    for name in ("containers", "initContainers"):
        if len(now.get(name) or ()) != len(before.get(name) or ()):
            text = "pod updates may not add or remove containers"
            return [forbidden_value(f"spec.{name}", text)]
    if not all(each in _without_seconds(now) for each in _without_seconds(before)):
        text = "existing toleration can not be modified except its tolerationSeconds"
        return [forbidden_value("spec.tolerations", text)]
    if _fixed(now) != _fixed(before):
        return [forbidden_value("spec", _POD_CHANGES)]
    return []


def _without_seconds(spec: Object) -> list[Object]:
    return [
        {name: part for name, part in each.items() if name != "tolerationSeconds"}
        for each in spec.get("tolerations") or ()
    ]


def _fixed(spec: Object) -> Object:
    found = {
        name: each
        for name, each in spec.items()
        if name not in ("activeDeadlineSeconds", "tolerations")
    }
    for name in ("containers", "initContainers"):
        if name in found:
            found[name] = [each | {"image": ""} for each in found[name]]
    return found


def always_running(value: Object) -> list[Cause]:
    """Say what is wrong with a workload whose pods run for ever."""
    spec = value["spec"]
    template = spec["template"]
    causes = _selector(value["kind"], spec, template)
    causes += _amounts(spec)
    causes += labels("spec.template.labels", template["metadata"].get("labels") or {})
    claims = tuple(each["metadata"]["name"] for each in spec.get("volumeClaimTemplates") or ())
    causes += pod_spec(template["spec"], "spec.template.spec", in_template=True, claims=claims)
    policy = template["spec"]["restartPolicy"]
    if policy != "Always":
        causes.append(unsupported("spec.template.spec.restartPolicy", policy, ("Always",)))
    if template["spec"].get("activeDeadlineSeconds") is not None:
        text = "activeDeadlineSeconds in ReplicaSet is not Supported"
        field = "spec.template.spec.activeDeadlineSeconds"
        causes.append(forbidden_value(field, text))
    return causes


def _amounts(spec: Object) -> list[Cause]:
    text = "must be greater than or equal to 0"
    return [
        invalid_value(f"spec.{name}", str(spec[name]), text)
        for name in ("replicas", "minReadySeconds", "revisionHistoryLimit")
        if (spec.get(name) or 0) < 0
    ]


def _selector(kind: str, spec: Object, template: Object) -> list[Cause]:
    selector = spec.get("selector")
    found = template["metadata"].get("labels")
    if kind == "ReplicationController":
        wanted = selector or {}
    elif selector is None:
        wanted = None
    else:
        wanted = selector.get("matchLabels") or {}
    causes = []
    if selector is None and wanted is None:
        causes.append(required("spec.selector"))
    elif selector is not None and kind != "ReplicationController":
        causes += label_selector("spec.selector", selector)
        if not selector:
            text = f"empty selector is invalid for {kind.lower()}"
            return [*causes, invalid_value("spec.selector", "{}", text)]
    if wanted is None or any((found or {}).get(key) != each for key, each in wanted.items()):
        text = "`selector` does not match template `labels`"
        causes.append(invalid_value("spec.template.metadata.labels", _shown(found), text))
    return causes


def deployment(value: Object) -> list[Cause]:
    """Say what is wrong with a Deployment."""
    strategy = value["spec"]["strategy"]
    causes = always_running(value)
    if strategy["type"] not in ("Recreate", "RollingUpdate"):
        shown = {"Type": strategy["type"], "RollingUpdate": strategy.get("rollingUpdate")}
        cause = unsupported("spec.strategy", "", ("Recreate", "RollingUpdate"))
        cause["message"] = cause["message"].replace('""', _shown(shown), 1)
        causes.append(cause)
    rolling = strategy.get("rollingUpdate") or {}
    if strategy["type"] == "Recreate" and strategy.get("rollingUpdate") is not None:
        text = "may not be specified when strategy `type` is 'Recreate'"
        causes.append(forbidden_value("spec.strategy.rollingUpdate", text))
    return causes + _rolling(rolling)


def _rolling(rolling: Object) -> list[Cause]:
    """Say what is wrong with how many pods may be missing, or too many, during a rollout."""
    where, causes = "spec.strategy.rollingUpdate", []
    for name in ("maxUnavailable", "maxSurge"):
        value = rolling.get(name)
        if isinstance(value, str) and not re.fullmatch(r"[0-9]+%", value):
            causes.append(invalid_value(f"{where}.{name}", _shown(value), _PERCENT))
        elif isinstance(value, int) and value < 0:
            text = "must be greater than or equal to 0"
            causes.append(invalid_value(f"{where}.{name}", str(value), text))
    if rolling and all(_part(rolling.get(name)) == 0 for name in ("maxSurge", "maxUnavailable")):
        value, text = rolling["maxUnavailable"], "may not be 0 when `maxSurge` is 0"
        causes.append(invalid_value(f"{where}.maxUnavailable", _shown(value), text))
    if _part(rolling.get("maxUnavailable")) > _WHOLE and isinstance(rolling["maxUnavailable"], str):
        value, text = rolling["maxUnavailable"], "must not be greater than 100%"
        causes.append(invalid_value(f"{where}.maxUnavailable", _shown(value), text))
    return causes


def _part(value: Any) -> int:
    """Return a number, or the number of a percentage; what is neither counts as none."""
    text = str(value).removesuffix("%")
    return int(text) if text.isdecimal() else 0


def selector_changed(value: Object, old: Object) -> list[Cause]:
    """Say that a selector may not change."""
    now = value["spec"].get("selector")
    if now == old["spec"].get("selector"):
        return []
    return [invalid_value("spec.selector", _shown(now), _IMMUTABLE)]


def stateful_set_changed(value: Object, old: Object) -> list[Cause]:
    """Say what a change of a StatefulSet may not touch."""
    fixed = [
        {name: each for name, each in part["spec"].items() if name not in _SET_MAY_CHANGE}
        for part in (value, old)
    ]
    return [] if fixed[0] == fixed[1] else [forbidden_value("spec", _SET_CHANGES)]


def job(value: Object) -> list[Cause]:
    """Say what is wrong with a Job."""
    return _job_spec(value["spec"], "spec")


def cron_job(value: Object) -> list[Cause]:
    """Say what is wrong with a CronJob."""
    spec, causes = value["spec"], []
    schedule = spec["schedule"]
    if not schedule:
        causes.append(required("spec.schedule"))
    elif not schedule.startswith("@"):
        parts = schedule.split()
        if len(parts) != len(("minute", "hour", "day", "month", "weekday")):
            text = f"expected exactly 5 fields, found {len(parts)}: [{' '.join(parts)}]"
            causes.append(invalid_value("spec.schedule", _shown(schedule), text))
    return causes + _job_spec(spec["jobTemplate"]["spec"], "spec.jobTemplate.spec")


def _job_spec(spec: Object, where: str) -> list[Cause]:
    causes = [
        invalid_value(f"{where}.{name}", str(spec[name]), "must be greater than or equal to 0")
        for name in ("parallelism", "completions", "backoffLimit")
        if (spec.get(name) or 0) < 0
    ]
    template = spec["template"]["spec"]
    causes += pod_spec(template, f"{where}.template.spec", in_template=True)
    if template["restartPolicy"] not in ("OnFailure", "Never"):
        field = f"{where}.template.spec.restartPolicy"
        causes.append(required(field, 'valid values: "OnFailure", "Never"'))
    return causes


def job_changed(value: Object, old: Object) -> list[Cause]:
    """Say what a change of a Job may not touch."""
    causes = selector_changed(value, old)
    if value["spec"]["template"] != old["spec"]["template"]:
        shown = _shown(value["spec"]["template"])
        causes.append(invalid_value("spec.template", shown, _IMMUTABLE))
    return causes
