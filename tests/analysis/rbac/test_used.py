"""How often a right was used, in words."""

import pytest

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.used import Used, activity, used
from k8sharden.model import kinds
from k8sharden.model.facts import Facts
from k8sharden.model.inventory import Inventory, Source, SourceKind
from k8sharden.model.usage import Usage, Use
from tests.analysis.rbac.made import subject

DAY = 86_400.0
FIRST = 1_793_836_800.0
BINDING = kinds.ROLE_BINDINGS.ref("shop", "support")
EXEC = [Request("create", "", "pods/exec")]


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Used(12, FIRST, 7), "Used 12 times in the log, last on 2026-11-05."),
        (Used(1, FIRST, 7), "Used once in the log, last on 2026-11-05."),
        (Used(0, 0.0, 7), "Not used in the log's 7 days."),
        (Used(0, 0.0, 1), "Not used in the log of a day or less."),
    ],
)
def test_a_use_is_told_in_a_sentence(seen: Used, words: str) -> None:
    """One is told as once, none with the length of the log, in which it might have been."""
    assert seen.words == words


def inventory(usage: Usage | None) -> Inventory:
    """Return an inventory with an audit log, or without one."""
    source = Source(SourceKind.CLUSTER, "training")
    return Inventory(source, {}, {}, facts=Facts(usage=usage))


def test_without_a_log_nothing_is_said() -> None:
    """No log is no evidence that a right is idle."""
    assert used(BINDING, [subject("User ada")], EXEC, inventory(None)) is None


def test_a_request_by_two_subjects_of_a_binding_counts_once() -> None:
    """Ada is named and in a group that is named, and asked twice, not four times."""
    use = Use("ada", "create", "", "pods/exec", "shop", allowed=2, last=FIRST + DAY)
    log = Usage((use,), {"ada": ("support",)}, first=FIRST, last=FIRST + 7 * DAY)
    subjects = [subject("User ada"), subject("Group support")]
    assert used(BINDING, subjects, EXEC, inventory(log)) == Used(2, FIRST + DAY, 7)


def test_a_log_without_groups_says_nothing_of_a_group() -> None:
    """That none of its members is seen is no evidence where nobody's groups are."""
    log = Usage((Use("ada", "get", "", "pods", "shop", allowed=1),), {"ada": ()})
    assert used(BINDING, [subject("Group support")], EXEC, inventory(log)) is None


def test_a_service_account_is_in_its_groups_whatever_the_log_says() -> None:
    """The export of GKE names no groups, and an account's are known by its name."""
    use = Use("system:serviceaccount:shop:web", "create", "", "pods/exec", "shop", allowed=3)
    log = Usage((use,), {use.user: ()}, first=FIRST, last=FIRST + DAY)
    everybody = [subject("Group system:serviceaccounts:shop")]
    assert used(BINDING, everybody, EXEC, inventory(log)) == Used(3, 0.0, 1)


def test_a_log_of_some_hours_is_a_day_long() -> None:
    """Nobody reads of a log of 0 days."""
    log = Usage(first=FIRST, last=FIRST + DAY / 10)
    assert used(BINDING, [subject("User ada")], EXEC, inventory(log)) == Used(0, 0.0, 1)


def test_what_a_subject_asked_at_all_is_told_with_what_was_denied() -> None:
    """Members speak for their group; silence is told; without a log nothing is."""
    uses = (
        Use("ada", "get", "", "pods", "shop", allowed=1200, last=FIRST + DAY),
        Use("ada", "get", "", "secrets", "shop", denied=3, last=FIRST + 2 * DAY),
    )
    log = Usage(uses, {"ada": ("support",)}, first=FIRST, last=FIRST + 7 * DAY)
    said = "Requests in the log's 7 days: 1,200, 3 more denied, the last on 2026-11-07."
    assert activity("User ada", inventory(log)) == said
    assert activity("Group support", inventory(log)) == said
    assert activity("User eve", inventory(log)) == "No request in the log's 7 days."
    assert activity("User eve", inventory(None)) == ""


def test_the_silence_of_a_group_is_explained_where_the_log_names_none() -> None:
    """It is not said that nobody in it asked for anything."""
    log = Usage((Use("ada", "get", "", "pods", "shop", allowed=1),), {"ada": ()})
    assert "names nobody's groups" in activity("Group support", inventory(log))
    assert activity("User bob", inventory(log)) == "No request in the log of a day or less."
