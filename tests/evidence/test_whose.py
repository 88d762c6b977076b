"""Whose log it is: this cluster's, another one's, or nobody can tell."""

from typing import Any

import msgspec
import pytest

from k8sharden.errors import Refused
from k8sharden.evidence.files import LogFiles
from k8sharden.evidence.given import AuditLog
from k8sharden.evidence.whose import Whose, judge
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.inventory import Coverage, Entry, Inventory, Source, SourceKind
from k8sharden.model.meta import Meta
from k8sharden.model.usage import Usage, Use

MINE, OTHER = "1111-uid", "2222-uid"
ACCOUNT = "system:serviceaccount:ci:pipeline"
DEFAULT = "system:serviceaccount:shop:default"


def inventory(name: str = "prod", kind: SourceKind = SourceKind.CLUSTER) -> Inventory:
    """Return a cluster with two accounts and two namespaces."""
    accounts = (
        o.Object(Meta("pipeline", "ci", MINE)),
        o.Object(Meta("default", "shop", "3333-uid")),
    )
    namespaces = tuple(o.Namespace(Meta(each, None, f"ns-{each}")) for each in ("ci", "shop"))
    objects: dict[str, Any] = {
        kinds.SERVICE_ACCOUNTS.key: accounts,
        kinds.NAMESPACES.key: namespaces,
    }
    return Inventory(
        Source(kind, name), objects, {key: Entry(key, Coverage.READ) for key in objects}
    )


def uses(*namespaces: str) -> tuple[Use, ...]:
    """Return something allowed in each of these namespaces."""
    return tuple(Use("ada", "get", "", "pods", each, allowed=1) for each in namespaces)


@pytest.mark.parametrize(
    ("usage", "whose"),
    [
        (Usage(uids={ACCOUNT: (MINE,)}), Whose.THIS),
        (Usage(uids={ACCOUNT: (OTHER,)}), Whose.ANOTHER),
        (Usage(uids={ACCOUNT: (OTHER, MINE)}), Whose.THIS),
        (Usage(uids={ACCOUNT: (MINE,), DEFAULT: (OTHER,)}), Whose.THIS),
        (Usage(uids={ACCOUNT: (OTHER,), DEFAULT: ("4444-uid",)}), Whose.ANOTHER),
        (Usage(uids={"system:serviceaccount:gone:x": (OTHER,)}), Whose.UNKNOWN),
        (Usage(uids={ACCOUNT: (OTHER,)}, objects=frozenset({"ns-ci"})), Whose.ANOTHER),
        (Usage(objects=frozenset({"ns-ci", "x"})), Whose.THIS),
        (Usage(objects=frozenset({"x"})), Whose.UNKNOWN),
        (Usage(uses=uses("a", "b", "c")), Whose.ANOTHER),
        (Usage(uses=uses("a", "b", "shop")), Whose.UNKNOWN),
        (Usage(uses=uses("a", "b", "kube-system", "default")), Whose.UNKNOWN),
        (Usage(), Whose.UNKNOWN),
    ],
)
def test_uids_decide_and_namespaces_hint(usage: Usage, whose: Whose) -> None:
    """One uid that both know settles it; an account that was made anew says nothing beside it."""
    verdict = judge(usage, inventory())
    assert verdict.whose is whose
    assert verdict.reason.endswith(".")


@pytest.mark.parametrize(
    ("context", "clusters", "whose"),
    [
        ("gke_books-prod_europe-west1_shop", ("shop",), Whose.THIS),
        ("gke_books-prod_europe-west1_shop", ("staging",), Whose.ANOTHER),
        ("arn:aws:eks:eu-west-1:123456789012:cluster/shop", ("shop",), Whose.THIS),
        ("arn:aws:eks:eu-west-1:123456789012:cluster/shop", ("staging",), Whose.ANOTHER),
        ("arn:aws:eks:eu-west-1:123456789012:cluster/shop", (), Whose.UNKNOWN),
        ("prod", ("staging",), Whose.UNKNOWN),
    ],
)
def test_names_of_clouds_decide_where_the_context_has_one(
    context: str, clusters: tuple[str, ...], whose: Whose
) -> None:
    """A context of another form may be called anything."""
    assert judge(Usage(clusters=clusters), inventory(context)).whose is whose


def test_namespaces_that_could_not_be_listed_are_no_hint() -> None:
    """Those of the log may be there."""
    blind = msgspec.structs.replace(inventory(), ledger={})
    assert judge(Usage(uses=uses("a", "b", "c")), blind).whose is Whose.UNKNOWN


def test_manifests_tell_nothing() -> None:
    """That is said, whatever uids they hold."""
    files = inventory(kind=SourceKind.MANIFESTS)
    verdict = judge(Usage(uids={ACCOUNT: (OTHER,)}), files)
    assert verdict.whose is Whose.UNKNOWN
    assert "only you can tell" in verdict.reason


def test_another_clusters_log_is_refused_unless_insisted_on() -> None:
    """What is not known is said among the blind spots, and what was insisted on as well."""
    usage = Usage(uids={ACCOUNT: (OTHER,)}, blind=("It is short.",))
    with pytest.raises(Refused, match=r"of another cluster: .* --insist-audit-log"):
        AuditLog(LogFiles(("x",))).checked(usage, inventory())
    insisted = AuditLog(LogFiles(("x",), insisted=True)).checked(usage, inventory())
    assert "another uid" in insisted.blind[0]
    assert insisted.blind[1:] == usage.blind
    mine = Usage(uids={ACCOUNT: (MINE,)})
    assert AuditLog(LogFiles(("x",))).checked(mine, inventory()) == mine


def test_the_options_that_give_the_same_log_are_known() -> None:
    """So that a command that is suggested can be run."""
    assert AuditLog().options == ()
    words = AuditLog(LogFiles(("a", "b"), insisted=True)).options
    assert words == ("--audit-log", "a", "--audit-log", "b", "--insist-audit-log")
