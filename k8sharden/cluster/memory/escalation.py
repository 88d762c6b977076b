"""Whether a role or binding grants more than its author holds, which RBAC refuses.

Source: k8s.io/kubernetes, pkg/registry/rbac/{role,rolebinding}/policybased, v1.36.
"""

from itertools import product

from k8sharden.cluster.memory import rbac
from k8sharden.cluster.memory.failures import forbidden
from k8sharden.cluster.memory.rbac import MASTERS, Rule
from k8sharden.cluster.memory.requests import Attributes, Call
from k8sharden.cluster.memory.store import Object, Store
from k8sharden.model import kinds

_ROLES = (kinds.ROLES, kinds.CLUSTER_ROLES)
_BINDINGS = (kinds.ROLE_BINDINGS, kinds.CLUSTER_ROLE_BINDINGS)


def check(store: Store, call: Call, value: Object) -> None:
    """Raise the 403 of a role or binding that grants too much."""
    if call.kind not in (*_ROLES, *_BINDINGS) or MASTERS in call.user.groups:
        return
    is_role = call.kind in _ROLES
    if _may(store, call, value, "escalate" if is_role else "bind"):
        return
    granted = value.get("rules") if is_role else _bound(store, call, value)
    missing = [rule for rule in granted or () if not _covered(store, call, rule)]
    if missing:
        name = value["metadata"].get("name", "")
        groups = " ".join(f'"{group}"' for group in call.user.groups)
        lines = "\n".join(_written(rule) for rule in missing)
        why = (
            f'user "{call.user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions '
            f"not currently held:\n{lines}"
        )
        raise forbidden(call.kind, name, why)


def _may(store: Store, call: Call, value: Object, verb: str) -> bool:
    """Whether the user holds the verb that lifts the check."""
    kind, name = call.kind, value["metadata"].get("name", "")
    if verb == "bind":
        role = value["roleRef"]
        kind = kinds.ROLES if role["kind"] == "Role" else kinds.CLUSTER_ROLES
        name = role["name"]
    asked = Attributes(
        verb, kind.group, kind.version, kind.plural, namespace=call.namespace, name=name
    )
    return rbac.decide(store, call.user, asked).allowed


def _bound(store: Store, call: Call, value: Object) -> list[Rule]:
    role = value["roleRef"]
    kind = kinds.ROLES if role["kind"] == "Role" else kinds.CLUSTER_ROLES
    found = store.get(kind, call.namespace if kind.namespaced else "", role["name"])
    return list(found.get("rules") or ())


def _covered(store: Store, call: Call, rule: Rule) -> bool:
    """Whether every single right of a rule is held."""
    held = rbac.rules_of(store, call.user, call.namespace)
    paths = rule.get("nonResourceURLs") or ()
    singles = [
        Attributes(verb, path=path) for verb, path in product(rule.get("verbs") or (), paths)
    ]
    for verb, group, resource, name in product(
        rule.get("verbs") or (),
        rule.get("apiGroups") or (),
        rule.get("resources") or (),
        rule.get("resourceNames") or ("",),
    ):
        word, _, subresource = resource.partition("/")
        singles.append(Attributes(verb, group, "", word, subresource, name=name))
    return all(any(rbac.allows(own, single) for own in held) for single in singles)


def _written(rule: Rule) -> str:
    """Write a rule as the server does: ``{APIGroups:[""], Resources:["pods"], Verbs:["get"]}``."""
    words = (
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("ResourceNames", "resourceNames"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("Verbs", "verbs"),
    )
    shown = [
        f"{word}:[" + " ".join(f'"{each}"' for each in rule[key]) + "]"
        for word, key in words
        if rule.get(key)
    ]
    return "{" + ", ".join(shown) + "}"
