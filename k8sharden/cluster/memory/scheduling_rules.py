"""The rules of where pods may go: node selectors and tolerations.

Source: k8s.io/kubernetes, pkg/apis/core/validation, v1.36.
"""

import json

from k8sharden.cluster.memory import names
from k8sharden.cluster.memory.failures import Cause, invalid_value, unsupported
from k8sharden.cluster.memory.kind_rules import labels
from k8sharden.cluster.memory.store import Object

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS = ("Equal", "Exists")


def scheduling(spec: Object, where: str) -> list[Cause]:
    """Say what is wrong with where a pod may go."""
    causes = labels(f"{where}.nodeSelector", spec.get("nodeSelector") or {})
    for number, each in enumerate(spec.get("tolerations") or ()):
        causes += _toleration(each, f"{where}.tolerations[{number}]")
    return causes


def _toleration(value: Object, where: str) -> list[Cause]:
    key, text = value.get("key") or "", value.get("value") or ""
    operator, effect = value.get("operator") or "", value.get("effect") or ""
    causes = [
        invalid_value(f"{where}.key", json.dumps(key), why)
        for why in (names.label_key(key) if key else ())
    ]
    if not key and operator != "Exists":
        why = (
            "operator must be Exists when `key` is empty, which means "
            '"match all values and all keys"'
        )
        causes.append(invalid_value(f"{where}.operator", json.dumps(operator), why))
    if value.get("tolerationSeconds") is not None and effect != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        causes.append(invalid_value(f"{where}.effect", json.dumps(effect), why))
    if operator in ("", "Equal"):
        causes += [
            invalid_value(f"{where}.operator", json.dumps(text), why)
            for why in names.label_value(text)
        ]
    elif operator == "Exists" and text:
        why = "value must be empty when `operator` is 'Exists'"
        causes.append(invalid_value(f"{where}.operator", json.dumps(value), why))
    elif operator != "Exists":
        causes.append(unsupported(f"{where}.operator", operator, _OPERATORS))
    if effect and effect not in _EFFECTS:
        causes.append(unsupported(f"{where}.effect", effect, _EFFECTS))
    return causes
