"""Questions about a set of roles and bindings: half of them begin with a rule that somebody has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.subjects import MASTERS, Identity
from tests.analysis.rbac.generated.sets import GROUPS, NAMES, RESOURCES, URLS, VERBS, RbacSet

Json = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """Whether somebody may do something."""

    who: Identity
    request: Request

    @property
    def review(self) -> Json:
        """The question as a SubjectAccessReview."""
        asked = self.request
        spec: Json = {"user": self.who.user, "groups": sorted(self.who.groups)}
        if asked.path:
            spec["nonResourceAttributes"] = {"verb": asked.verb, "path": asked.path}
            return {"spec": spec}
        resource, _, subresource = asked.resource.partition("/")
        spec["resourceAttributes"] = {
            "verb": asked.verb,
            "group": asked.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": asked.namespace,
            "name": asked.name,
        }
        return {"spec": spec}


def questions(number: int, objects: Sequence[Json], many: int) -> list[Question]:
    """Return so many questions about the set of a number."""
    chance = Random(-number - 1)  # noqa: S311 - the same questions every time, nothing secret
    made = RbacSet(number)
    return [_question(chance, made, objects) for _ in range(many)]


def _question(chance: Random, made: RbacSet, objects: Sequence[Json]) -> Question:
    asked = Question(_identity(chance, made), _request(chance, made))
    if chance.random() < 0.3:
        return asked
    binding = chance.choice([each for each in objects if each["kind"].endswith("Binding")])
    space = binding["metadata"].get("namespace") or chance.choice(("", *made.spaces))
    ref = binding["roleRef"]
    roles = [
        each
        for each in objects
        if each["kind"] == ref["kind"]
        and (each["metadata"]["name"] == ref["name"] or "-" not in ref["name"])
    ]
    gathered = [each for each in objects if each["kind"] == "ClusterRole"]
    rules = [rule for role in roles for rule in role.get("rules") or ()]
    rules = rules or [rule for role in gathered for rule in role.get("rules") or ()]
    if binding.get("subjects"):
        who = _as_subject(chance, made, chance.choice(binding["subjects"]), space)
        asked = replace(asked, who=who)
    if rules:
        asked = replace(asked, request=_within(chance, chance.choice(rules), asked.request, space))
    return _turned(chance, made, asked)


def _turned(chance: Random, made: RbacSet, asked: Question) -> Question:
    """Return the question with one part turned to something else, every third time."""
    if chance.random() > 0.35:
        return asked
    other = _request(chance, made)
    if asked.request.path or other.path:
        return replace(asked, who=_identity(chance, made))
    field = chance.choice(("verb", "group", "resource", "namespace", "name"))
    return replace(asked, request=asked.request._replace(**{field: getattr(other, field)}))


def _identity(chance: Random, made: RbacSet) -> Identity:
    groups = {each for each in (*made.groups, *made.broad) if chance.random() < 0.3}
    if chance.random() < 0.01:
        groups.add(MASTERS)
    odd = (f"system:serviceaccount:{made.own}-a", f"system:serviceaccount:{made.own}-a:web:x", "")
    accounts = tuple(f"system:serviceaccount:{each}:job" for each in made.spaces)
    user = chance.choice((*made.users, *accounts, *odd, *made.groups))
    return Identity(user, frozenset(groups or {made.groups[0]}))


def _as_subject(chance: Random, made: RbacSet, subject: Json, space: str) -> Identity:
    """Return somebody whom a binding names."""
    somebody = _identity(chance, made)
    if subject["kind"] == "Group":
        return Identity(somebody.user, somebody.groups | {subject["name"]})
    if subject["kind"] == "User":
        return Identity(subject["name"], somebody.groups)
    home = subject.get("namespace") or space
    return Identity(f"system:serviceaccount:{home}:{subject['name']}", somebody.groups)


def _request(chance: Random, made: RbacSet) -> Request:
    if chance.random() < 0.1:
        return Request(chance.choice(VERBS[:4]), path=_path(chance, chance.choice(URLS)))
    return Request(
        chance.choice(VERBS),
        chance.choice(GROUPS),
        chance.choice(RESOURCES),
        chance.choice(("", *made.spaces, "default")),
        chance.choice(("", *NAMES)),
    )


def _within(chance: Random, rule: Json, other: Request, space: str) -> Request:
    """Return a request that a rule is about."""
    verb = chance.choice(rule["verbs"])
    verb = chance.choice(VERBS) if verb == "*" else verb
    if rule.get("nonResourceURLs"):
        return Request(verb, path=_path(chance, chance.choice(rule["nonResourceURLs"])))
    group, resource = chance.choice(rule["apiGroups"]), chance.choice(rule["resources"])
    word, _, subresource = resource.partition("/")
    if word == "*":
        word = chance.choice(RESOURCES).partition("/")[0]
    whole = f"{word}/{subresource}" if subresource else word
    return Request(
        verb,
        chance.choice(GROUPS) if group == "*" else group,
        chance.choice(RESOURCES) if resource == "*" else whole,
        space,
        chance.choice(rule.get("resourceNames") or ("", *NAMES)) if other.name else other.name,
    )


def _path(chance: Random, pattern: str) -> str:
    """Return a path that a pattern is meant for, more or less."""
    return "/" + pattern.replace("*", chance.choice(("", "x", "x/y"))).removeprefix("/")
