"""Whether a role or binding grants more than its author holds, which RBAC refuses.

Source: k8s.io/kubernetes, pkg/registry/rbac/{role,rolebinding}/policybased, v1.36.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from k8sharden.cluster.memory import rbac
from k8sharden.cluster.memory.failures import forbidden, not_found
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
    held = rbac.rules_of(store, call.user, call.namespace)
    missing = [
        single
        for single in dict.fromkeys(_singles(granted or ()))
        if not any(rbac.allows(own, single) for own in held)
    ]
    if missing:
        groups = " ".join(f'"{group}"' for group in call.user.groups)
        why = (
            f'user "{call.user.name}" (groups=[{groups}]) is attempting to grant RBAC permissions '
            "not currently held:\n" + "\n".join(_written(missing))
        )
        raise forbidden(call.kind, value["metadata"].get("name", ""), why)


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
    found = store.find(kind, call.namespace if kind.namespaced else "", role["name"])
    if found is None:
        # It is the role that is missing, and yet this is how the server words it.
        raise not_found(call.kind, role["name"])
    return list(found.get("rules") or ())


def _singles(rules: Iterable[Rule]) -> Iterator[Attributes]:
    """Yield every single right of rules: one verb on one resource or path."""
    for rule in rules:
        for verb, path in product(rule.get("verbs") or (), rule.get("nonResourceURLs") or ()):
            yield Attributes(verb, path=path)
        for group, resource, name, verb in product(
            rule.get("apiGroups") or (),
            rule.get("resources") or (),
            rule.get("resourceNames") or ("",),
            rule.get("verbs") or (),
        ):
            word, _, subresource = resource.partition("/")
            yield Attributes(verb, group, "", word, subresource, name=name)


def _written(missing: list[Attributes]) -> list[str]:
    """Write rights as the server does, the verbs of one resource together."""
    verbs: dict[str, list[str]] = {}
    for each in missing:
        if each.path:
            about = f'NonResourceURLs:["{each.path}"]'
        else:
            name = f', ResourceNames:["{each.name}"]' if each.name else ""
            about = f'APIGroups:["{each.group}"], Resources:["{each.words}"]{name}'
        verbs.setdefault(about, []).append(f'"{each.verb}"')
    return sorted(f"{{{about}, Verbs:[{' '.join(words)}]}}" for about, words in verbs.items())
