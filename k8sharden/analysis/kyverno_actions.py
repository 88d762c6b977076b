"""What makes an old Kyverno policy about images deny, and what else denies with it.

A rule may say what happens to what fails it, or leave that to its policy, which says it for all of
its rules at once. Source: Kyverno, "Validate rules", ``failureAction``.
"""

from collections.abc import Mapping
from typing import Any

from k8sharden.analysis.guards import image_rules
from k8sharden.model import kinds
from k8sharden.model.admission import KyvernoPolicy, KyvernoSpec
from k8sharden.model.change import Edit, Named, NoChange, SetField
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line

_DENY = "Enforce"


def old_spec(ref: Ref, inventory: Inventory) -> KyvernoSpec:
    """Return what an old policy says; an empty one where it was not read."""
    policies = inventory.of(kinds.type_of(ref), KyvernoPolicy)
    named = (each for each in policies if (each.namespace, each.name) == (ref.namespace, ref.name))
    return next((each.spec for each in named), KyvernoSpec())


def denying(spec: KyvernoSpec) -> tuple[Edit, ...] | NoChange:
    """Return what makes its rules about images deny, rule by rule where these say it."""
    rules = image_rules(spec)
    if any(each.get("failureAction") for rule in rules for each in rule.get("verifyImages") or ()):
        return NoChange("Its verifyImages rules have actions of their own: set them to Enforce.")
    own = [str(rule.get("name", "")) for rule in rules if _says_itself(rule)]
    if not own:
        return (SetField(("spec", "validationFailureAction"), _DENY),)
    return tuple(
        SetField(("spec", "rules", Named("name", name), "validate", "failureAction"), _DENY)
        for name in own
    )


def denying_along(spec: KyvernoSpec) -> str:
    """Name the rules about something else that the policy's one action holds for as well."""
    ours = image_rules(spec)
    if any(map(_says_itself, ours)):
        return ""
    others = [rule for rule in spec.rules or () if rule not in ours and not _says_itself(rule)]
    return one_line(", ".join(str(rule.get("name", "")) for rule in others), 200)


def _says_itself(rule: Mapping[str, Any]) -> bool:
    return bool((rule.get("validate") or {}).get("failureAction"))
