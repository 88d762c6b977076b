"""Who should not be in a binding leaves it, and the API server is asked whether that worked."""

from typing import Any

from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.rbac.policy import RBAC, policy_of
from k8sharden.model import kinds
from k8sharden.model.change import Change, Delete, NoChange, Patch, RemoveField, SetField
from remediations.rbac import anonymous, authenticated, dangling, masters_subject, wildcard
from tests.remediations import harness
from tests.remediations.harness import Document

API = "rbac.authorization.k8s.io/v1"
ROLE = {
    "apiVersion": API,
    "kind": "ClusterRole",
    "metadata": {"name": "reader"},
    "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
}


def subject(kind: str, name: str) -> Document:
    """Return a subject of a binding."""
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def docs(*subjects: Document, name: str = "readers", **labels: str) -> list[Document]:
    """Return a role and a binding of it in one namespace."""
    return [
        ROLE,
        {
            "apiVersion": API,
            "kind": "RoleBinding",
            "metadata": {"name": name, "namespace": "shop", "labels": labels},
            "roleRef": {"kind": "ClusterRole", "name": "reader"},
            "subjects": list(subjects),
        },
    ]


NOBODY, PEOPLE = subject("User", "system:anonymous"), subject("Group", "people")
MASTERS = subject("Group", "system:masters")


def changed(item: Any, *objects: Document) -> Change:
    """Return the change that answers the only finding."""
    found = harness.remedy(item, list(objects))
    assert isinstance(found, Change), found
    return found


def test_others_stay_in_the_binding() -> None:
    """One element of the list goes, by its name, so that other changes of the list go with it."""
    (write,) = changed(anonymous.ITEM, *docs(PEOPLE, NOBODY)).writes
    assert isinstance(write, Patch)
    (edit,) = write.edits
    assert isinstance(edit, RemoveField)


def test_namesakes_are_told_apart_by_the_whole_list() -> None:
    """A user may be called like a group: then the list is written without the one that goes."""
    namesake = subject("User", "system:masters")
    (write,) = changed(masters_subject.ITEM, *docs(MASTERS, namesake)).writes
    assert isinstance(write, Patch)
    (edit,) = write.edits
    assert isinstance(edit, SetField)
    assert edit.value == [namesake]


def test_another_role_makes_another_change() -> None:
    """What is shown as lost is what the role gives: where that changes, nothing is written."""
    before = changed(anonymous.ITEM, *docs(PEOPLE, NOBODY))
    wider = ROLE | {"rules": [{"apiGroups": [""], "resources": ["*"], "verbs": ["get"]}]}
    after = changed(anonymous.ITEM, wider, *docs(PEOPLE, NOBODY)[1:])
    assert before.writes == after.writes
    assert before.basis != after.basis
    assert set(kinds.listings(RBAC)) <= set(before.rests_on)


def test_a_binding_without_anybody_goes() -> None:
    """Nothing is left behind that gives nobody anything."""
    change = changed(anonymous.ITEM, *docs(NOBODY))
    assert isinstance(change.writes[0], Delete)


def test_the_server_is_asked_whether_the_right_is_gone() -> None:
    """The question is the one that who left would ask, with the answer of before for an undo."""
    (review,) = changed(anonymous.ITEM, *docs(PEOPLE, NOBODY)).reviews
    assert (review.user, review.groups) == ("system:anonymous", ("system:unauthenticated",))
    assert (review.verb, review.resource, review.namespace) == ("get", "pods", "shop")
    assert review.before
    assert not review.allowed


def test_what_another_binding_still_gives_waits() -> None:
    """A right that is still there by another way is kept in mind, and not asked about as gone."""
    group = subject("Group", "system:authenticated")
    other = docs(subject("Group", "system:serviceaccounts"), group, name="others")[1]
    change = changed(authenticated.ITEM, *docs(group), other)
    assert change.reviews == ()
    waits = {(each.verb, each.resource, each.namespace) for each in change.shadowed}
    assert ("get", "pods", "shop") in waits
    assert not any(each.allowed for each in change.shadowed)


def test_nothing_is_asked_about_who_may_do_everything() -> None:
    """No answer about system:masters ever changes."""
    change = changed(masters_subject.ITEM, *docs(PEOPLE, MASTERS))
    assert change.reviews == ()
    assert change.shadowed == ()


def test_nothing_is_asked_about_a_role_that_is_not_there() -> None:
    """It gave nothing, so nothing is lost."""
    binding = docs(PEOPLE)[1] | {"roleRef": {"kind": "Role", "name": "gone"}}
    change = changed(dangling.ITEM, binding)
    assert change.reviews == ()


def test_a_binding_that_is_gone_by_now_is_left_alone() -> None:
    """What was found may have been mended by somebody else."""
    before = harness.inventory(docs(NOBODY))
    (finding,) = anonymous.ITEM.evaluate(before)
    answer = anonymous.ITEM.remediate(finding, harness.inventory(docs(PEOPLE)))
    assert isinstance(answer, NoChange)
    assert "scan again" in answer.reason


def test_leaving_takes_nothing_from_masters() -> None:
    """The impact of a plan must not frighten anybody about rights that no binding gives."""
    seen = harness.inventory(docs(PEOPLE, MASTERS))
    writes = changed(masters_subject.ITEM, *docs(PEOPLE, MASTERS)).writes
    assert lost_access(changed_by(writes, policy_of(seen)), seen) == ()


def test_several_holders_of_a_star_hold_it() -> None:
    """The sentence about two subjects is in the plural."""
    role = {**ROLE, "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get"]}]}
    binding = {
        "apiVersion": API,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "all"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "reader",
        },
        "subjects": [subject("User", "ada"), subject("User", "ben")],
    }
    (found,) = wildcard.evaluate(harness.inventory([role, binding]))
    assert found.message.startswith("User ada and 1 more hold ClusterRole reader")
