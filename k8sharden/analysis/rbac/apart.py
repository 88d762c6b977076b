"""Rules parted by the names in them: what is allowed on harmless objects only can stay.

Who may read every Secret and, by another rule, one Secret by its name keeps the second when the
first is taken away.
"""

from collections.abc import Iterator

import msgspec

from k8sharden.analysis.rbac.dangers import POWERS
from k8sharden.analysis.rbac.named import Place
from k8sharden.analysis.rbac.policy import Rules
from k8sharden.analysis.rbac.powers import given
from k8sharden.model import objects as o


def apart(rules: Rules, place: Place) -> tuple[Rules, Rules]:
    """Return the rules that name harmless objects, name by name, and all the others."""
    single = [each for rule in rules for each in _by_name(rule)]
    harmless = [each for each in single if _is_harmless(each, rules, place)]
    return tuple(harmless), tuple(each for each in single if each not in harmless)


def _by_name(rule: o.PolicyRule) -> Iterator[o.PolicyRule]:
    if not rule.resource_names:
        yield rule
    for name in rule.resource_names or ():
        yield msgspec.structs.replace(rule, resource_names=[name])


def _is_harmless(rule: o.PolicyRule, beside: Rules, place: Place) -> bool:
    """Whether a rule holds for one object only, and gives no power over it."""
    powers = POWERS.values()
    return bool(rule.resource_names) and not any(
        given(power, (rule,), place, beside) for power in powers
    )
