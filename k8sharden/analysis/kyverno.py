"""Old Kyverno policies rewritten as ValidatingPolicies, as far as their meaning is certain.

A rule that validates by a pattern becomes a CEL expression; one that is CEL already is taken over.
What a pattern may say beyond names, lists, ``=()`` anchors and texts with wildcards is refused and
not guessed at. Source: Kyverno, "Validate rules", "Wildcards and operators", and ValidatingPolicy.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from k8sharden.analysis.guards import rule_actions
from k8sharden.model import kinds
from k8sharden.model.admission import KyvernoPolicy, KyvernoSpec
from k8sharden.model.text import one_line

Manifest = dict[str, Any]

_API_VERSION = kinds.KYVERNO_VALIDATING_POLICIES.api_version
_RULE = {"name", "match", "validate", "celPreconditions"}
_VALIDATE = {"message", "pattern", "cel", "failureAction", "allowExistingViolations"}
_CEL = {"expressions", "variables"}
_OTHERS = {
    "mutate": "it mutates: write a MutatingPolicy",
    "generate": "it generates: write a GeneratingPolicy",
    "verifyImages": "it verifies images: write an ImageValidatingPolicy",
}
_TYPES = {kind.kind: kind for kind in kinds.BUILT_IN}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ANCHOR = re.compile(r"=\((?P<name>[^()]+)\)")
_COMPARES = re.compile(r"\s*[<>]|\d\s*!?-\s*\d")


class Untranslatable(ValueError):
    """A policy says what is not translated here; the text is a clause that says what it is."""


def translated(policy: KyvernoPolicy) -> tuple[Manifest, ...]:
    """Return a ValidatingPolicy for each rule, all of which only audit. Raises `Untranslatable`."""
    rules = policy.spec.rules or []
    if not rules:
        raise Untranslatable("it has no rules")
    return tuple(_policy(policy, rule, alone=len(rules) == 1) for rule in rules)


def words_before(spec: KyvernoSpec) -> tuple[str, ...]:
    """Return what the old policy does with what fails it, rule by rule."""
    return tuple(", ".join(rule_actions(rule, spec)) for rule in spec.rules or ())


def _policy(policy: KyvernoPolicy, rule: Mapping[str, Any], *, alone: bool) -> Manifest:
    named = one_line(str(rule.get("name", "")), 63)
    try:
        spec = _spec(rule)
    except Untranslatable as error:
        raise Untranslatable(f"of rule {named}, {error}") from None
    name = policy.name if alone else f"{policy.name}-{named}"
    where = {"namespace": policy.namespace} if policy.namespace else {}
    kind = "NamespacedValidatingPolicy" if where else "ValidatingPolicy"
    return {
        "apiVersion": _API_VERSION,
        "kind": kind,
        "metadata": {"name": name, **where},
        "spec": spec,
    }


def _spec(rule: Mapping[str, Any]) -> Manifest:
    for key, why in _OTHERS.items():
        if rule.get(key):
            _refuse(why)
    _only(rule, _RULE)
    validate = rule.get("validate") or {}
    _only(validate, _VALIDATE)
    spec: Manifest = {
        "validationActions": ["Audit"],
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": list(_resources(rule.get("match") or {}))},
    }
    if rule.get("celPreconditions"):
        spec["matchConditions"] = rule["celPreconditions"]
    return spec | _judgement(validate)


def _judgement(validate: Mapping[str, Any]) -> Manifest:
    """Return variables and validations, of CEL or of a pattern."""
    message = {"message": str(validate["message"])} if validate.get("message") else {}
    if "{{" in str(validate):
        _refuse("it uses Kyverno's variables")
    if validate.get("pattern"):
        expression = " && ".join(_fields(validate["pattern"], "object", 0))
        return {"validations": [{"expression": expression, **message}]}
    cel = validate.get("cel") or _refuse("it neither has a pattern nor is it CEL")
    _only(cel, _CEL)
    validations = [message | each for each in cel.get("expressions") or ()]
    variables = {"variables": cel["variables"]} if cel.get("variables") else {}
    return variables | {"validations": validations}


def _refuse(why: str) -> NoReturn:
    raise Untranslatable(why)


def _only(value: Mapping[str, Any], known: set[str]) -> None:
    for key in value:
        if key not in known and value[key]:
            _refuse(f"{one_line(str(key), 60)} has no certain translation")


def _resources(match: Mapping[str, Any]) -> Iterator[Manifest]:
    """Yield the resource rules of what an old rule matches: kinds, and nothing narrower."""
    _only(match, {"any", "all", "resources"})
    filters = [*(match.get("any") or ()), *(match.get("all") or ())] or [match]
    if len(match.get("all") or ()) > 1:
        _refuse("it matches by several conditions at once")
    for each in filters:
        _only(each, {"resources"})
        resources = each.get("resources") or {}
        _only(resources, {"kinds", "operations"})
        for kind in resources.get("kinds") or _refuse("it names no kinds"):
            type_ = _TYPES.get(str(kind).rpartition("/")[2])
            if type_ is None:
                _refuse(f"{one_line(str(kind), 60)} is of no kind that is known here")
            yield {
                "apiGroups": [type_.group],
                "apiVersions": [type_.version],
                "operations": list(resources.get("operations") or ("CREATE", "UPDATE")),
                "resources": [type_.plural],
            }


def _fields(pattern: Any, target: str, depth: int) -> Iterator[str]:
    """Yield the CEL conditions that an object at ``target`` meets by a pattern."""
    if not isinstance(pattern, Mapping) or not pattern:
        _refuse("its pattern is not made of fields")
    for key, inner in pattern.items():
        anchor = _ANCHOR.fullmatch(str(key))
        name = anchor["name"] if anchor else str(key)
        if set("()^+<>*?{}") & set(name):
            _refuse(f"the anchor or wildcard {one_line(name, 60)} has no certain translation")
        there, value = _member(target, name)
        condition = _value(inner, value, depth)
        yield f"(!{there} || ({condition}))" if anchor else f"{there} && ({condition})"


def _member(target: str, name: str) -> tuple[str, str]:
    """Return the CEL for whether a field is there, and for the field."""
    if _NAME.fullmatch(name):
        return f"has({target}.{name})", f"{target}.{name}"
    return f"({_text(name)} in {target})", f"{target}[{_text(name)}]"


def _value(pattern: Any, target: str, depth: int) -> str:
    match pattern:
        case Mapping():
            return " && ".join(_fields(pattern, target, depth))
        case [Mapping() as element]:
            each = f"e{depth}"
            return f"{target}.all({each}, {' && '.join(_fields(element, each, depth + 1))})"
        case bool():
            return f"{target} == {str(pattern).lower()}"
        case int():
            return f"{target} == {pattern}"
        case str():
            return _alternatives(pattern, target)
    return _refuse("its pattern holds a list of values")


def _alternatives(pattern: str, target: str) -> str:
    """Translate ``a | b & !c``; in Kyverno, ``&`` binds closer."""
    if _COMPARES.match(pattern):
        _refuse(f"{one_line(pattern, 60)} compares quantities")
    parts = [
        " && ".join(_one(each.strip(), target) for each in part.split("&"))
        for part in pattern.split("|")
    ]
    return " || ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]


def _one(pattern: str, target: str) -> str:
    negated, text = pattern.startswith("!"), pattern.removeprefix("!")
    if not set(text) & set("*?"):
        return f"{target} {'!=' if negated else '=='} {_text(text)}"
    expression = "".join(_WILD.get(each, re.escape(each)) for each in text)
    return f"{'!' * negated}string({target}).matches({_text(f'^{expression}$')})"


_WILD = {"*": ".*", "?": "."}


def _text(text: str) -> str:
    """Write a text as CEL does."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"
