"""The swap: one answer for one binding, by use or by a guess, and what is foretold of it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from k8sharden.analysis.rbac.after import changed_by
from k8sharden.analysis.rbac.asked import identity_in
from k8sharden.analysis.rbac.authorize import decide
from k8sharden.analysis.rbac.from_use import requests_of
from k8sharden.analysis.rbac.in_turn import still
from k8sharden.analysis.rbac.parts import FROM_LOG, fitted, least_name
from k8sharden.analysis.rbac.policy import policy_of
from k8sharden.changes.compose import Wanted, compose
from k8sharden.changes.make import remediation
from k8sharden.model import kinds
from k8sharden.model.change import Change, Create, Delete, NoChange, Patch, SetField
from k8sharden.model.facts import Facts
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from k8sharden.model.usage import Reading, Usage, Use
from remediations.rbac import pods_exec
from remediations.rbac.swap import swap
from tests.remediations import harness

Document = dict[str, Any]
RBAC = "rbac.authorization.k8s.io"
CI = "system:serviceaccount:ci:pipeline"
START = 1_793_836_800.0
DAY = 86_400.0
BOUND = kinds.CLUSTER_ROLE_BINDINGS.ref("", "wide")
PIPELINE = {"kind": "ServiceAccount", "namespace": "ci", "name": "pipeline"}
ADA = {"apiGroup": RBAC, "kind": "User", "name": "ada"}
STAFF = {"apiGroup": RBAC, "kind": "Group", "name": "staff"}
EVERYTHING = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
    {"nonResourceURLs": ["*"], "verbs": ["*"]},
]
HELPERS = [
    {"apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"]},
    {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
    {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]},
]


def role(name: str, rules: list[Document], **annotations: str) -> Document:
    """Return a ClusterRole."""
    metadata = {"name": name, "annotations": annotations}
    return {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules}


def binding(name: str, to: str, *subjects: Document, namespace: str = "") -> Document:
    """Return a binding to a ClusterRole, of a namespace where one is named."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if namespace else "ClusterRoleBinding",
        "metadata": {"name": name} | ({"namespace": namespace} if namespace else {}),
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": to},
        "subjects": list(subjects),
    }


def use(verb: str, resource: str, namespace: str = "", name: str = "", user: str = CI) -> Use:
    """Return requests that were allowed; ``pods`` or ``deployments.apps``."""
    plural, _, group = resource.partition(".")
    last = START + 9 * DAY
    return Use(user, verb, group, plural, namespace, name, allowed=4, first=START, last=last)


def seen(
    docs: list[Document], *uses: Use, days: float = 14, widen: tuple[str, ...] = (), **more: Any
) -> Inventory:
    """Return an inventory; with a log of so many days where anything was used."""
    usage = Usage(
        uses=uses, first=START, last=START + days * DAY, reading=Reading(events=len(uses)), **more
    )
    facts = Facts(usage=usage if uses else None, widen=widen)
    return msgspec.structs.replace(harness.inventory(docs), facts=facts, cache={})


def finding(ref: Ref = BOUND, check: str = "rbac-exec") -> Finding:
    """Return what an item found of a binding."""
    return Finding(check, Area.RBAC, Severity.HIGH, Status.FAIL, ref, "It is bad.")


def change(inventory: Inventory, ref: Ref = BOUND) -> Change:
    """Return the answer, which is a change."""
    answer = swap(finding(ref), inventory)
    assert isinstance(answer, Change), answer
    return answer


def reason(inventory: Inventory, ref: Ref = BOUND) -> str:
    """Return why there is no change."""
    answer = swap(finding(ref), inventory)
    assert isinstance(answer, NoChange), answer
    return answer.reason


def made(answer: Change) -> Mapping[str, Document]:
    """Return what is created, by its label."""
    return {each.ref.label: each.manifest for each in answer.writes if isinstance(each, Create)}


WIDE = [role("wide", EVERYTHING), binding("wide", "wide", PIPELINE)]
JOB = (
    use("patch", "deployments.apps", "shop", "web"),
    use("list", "pods", "shop"),
    use("list", "nodes"),
)


def test_a_log_makes_a_role_in_each_namespace_and_one_for_the_cluster() -> None:
    """Only what was used, under a name of the binding's own, and the old binding goes last."""
    answer = change(seen(WIDE, *JOB))
    assert [f"{type(each).__name__} {each.ref.label}" for each in answer.writes] == [
        "Create ClusterRole wide-least",
        "Create ClusterRoleBinding wide-least",
        "Create Role shop/wide-least",
        "Create RoleBinding shop/wide-least",
        "Delete ClusterRoleBinding wide",
    ]
    shop = made(answer)["Role shop/wide-least"]
    assert shop["rules"] == [
        {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]},
        {
            "verbs": ["patch"],
            "apiGroups": ["apps"],
            "resources": ["deployments"],
            "resourceNames": ["web"],
        },
    ]
    said = shop["metadata"]["annotations"][FROM_LOG]
    assert "2026-11-05 to 2026-11-19" in said
    assert made(answer)["RoleBinding shop/wide-least"]["subjects"] == [PIPELINE]


def test_the_evaluator_proves_what_is_kept_and_what_is_gone() -> None:
    """Each review is what the policy after says, and every use is one of them."""
    inventory = seen(WIDE, *JOB)
    answer = change(inventory)
    policy = policy_of(inventory)
    after = policy.changed(changed_by(answer.writes, policy))
    usage = inventory.facts.usage or Usage()
    for one in JOB:
        for request in requests_of(one):
            assert decide(after, identity_in(CI, usage), request).allowed
    kept = {(each.verb, each.resource) for each in answer.reviews if each.allowed}
    assert kept == {(one.verb, one.resource) for one in JOB}
    gone = {
        (each.verb, each.resource, each.namespace) for each in answer.reviews if not each.allowed
    }
    assert ("get", "secrets", "") in gone
    assert ("*", "*", "") in gone
    assert ("get", "secrets", "shop") in gone
    assert {each.user for each in answer.reviews} == {CI}


def test_every_item_gets_the_same_answer() -> None:
    """What two items find of one binding is one change, which answers both."""
    inventory = seen(WIDE, *JOB)
    wanted = []
    for check in ("rbac-exec", "rbac-secrets-read"):
        answer = swap(finding(check=check), inventory)
        assert isinstance(answer, Change)
        wanted.append(Wanted(answer, (check,)))
    ((one,), refused) = compose(wanted)
    assert one.findings == ("rbac-exec", "rbac-secrets-read")
    assert not refused


def test_the_window_and_the_blind_spots_are_said() -> None:
    """A short log, seldom jobs, what the log itself cannot show, and roles that were written."""
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"namespace": "ci", "name": "audit"},
        "spec": {
            "schedule": "0 0 1 * *",
            "jobTemplate": {
                "spec": {"template": {"spec": {"serviceAccountName": "pipeline", "containers": []}}}
            },
        },
    }
    granting = use("create", "rolebindings.rbac.authorization.k8s.io", "shop")
    uses = (*JOB, granting, use("create", "namespaces"))
    said = change(seen([*WIDE, job], *uses, days=2, blind=("Nodes are left out.",))).warnings
    assert said[0].startswith("Needs testing: ServiceAccount ci/pipeline gets what it used")
    assert "2 days: 20 requests. That is short." in said[0]
    assert any("Nodes are left out." in each for each in said)
    assert any("CronJob ci/audit may not have run" in each for each in said)
    assert any("wrote roles or bindings" in each for each in said)
    assert any("--widen namespaces" in each for each in said)
    assert any("--widen names" in each for each in said)


def test_a_log_that_was_not_read_to_its_end_is_said_to_be_one() -> None:
    """What stood in the rest was used as well, and the role does not hold it."""
    whole = seen(WIDE, *JOB)
    usage = whole.facts.usage
    assert usage
    torn = msgspec.structs.replace(usage, reading=Reading(events=3, broken=("a.gz",), oversized=2))
    half = msgspec.structs.replace(whole, facts=Facts(usage=torn), cache={})
    assert any("1 files do not end well" in each for each in change(half).warnings)
    assert not any("could be read" in each for each in change(whole).warnings)


def test_a_users_name_writes_no_lines_of_its_own() -> None:
    """The API server takes any name in a binding, line breaks and the terminal's codes included."""
    odd = ADA | {"name": "ada\n  ! Nothing to test\x1b[2J"}
    docs = [role("helpers", HELPERS), binding("wide", "helpers", odd)]
    answer = remediation(finding(), seen(docs, *JOB), pods_exec.ITEM)
    assert isinstance(answer, Change)
    said = "".join((answer.title, *answer.warnings))
    assert "ada<U+000A>  ! Nothing to test<U+001B>[2J" in said
    assert said.isprintable()
    stays = remediation(finding(), seen([*docs[:1], binding("wide", "none", odd)]), pods_exec.ITEM)
    assert isinstance(stays, NoChange)
    assert stays.reason.isprintable()


def test_a_role_can_be_widened_on_request() -> None:
    """One role for all namespaces, without names; the digest knows what was asked for."""
    answer = change(seen(WIDE, *JOB, widen=("names", "namespaces")))
    assert sorted(made(answer)) == ["ClusterRole wide-least", "ClusterRoleBinding wide-least"]
    rules = made(answer)["ClusterRole wide-least"]["rules"]
    assert not any("resourceNames" in each for each in rules)
    assert answer.basis["widen"] == ["names", "namespaces"]
    assert not any("--widen" in each for each in answer.warnings)


def test_more_namespaces_than_anybody_reviews_need_one_role() -> None:
    """Forty Roles nobody looks through: the reason says how to get one."""
    many = (use("list", "pods", f"team-{number}") for number in range(40))
    assert "--widen namespaces" in reason(seen(WIDE, *many))


def test_who_is_not_in_the_log_loses_the_binding_with_a_warning() -> None:
    """A service account whose rights nobody used gets nothing, and that needs testing."""
    answer = change(seen(WIDE, use("get", "pods", "shop", user="ada")))
    assert [type(each) for each in answer.writes] == [Delete]
    assert answer.warnings[0].startswith("Needs testing: ServiceAccount ci/pipeline used nothing")
    assert answer.title == "Take ServiceAccount ci/pipeline out of ClusterRoleBinding wide"


def test_people_with_everything_move_only_with_evidence() -> None:
    """It could be whoever applies this; with evidence the review says what that means."""
    docs = [role("wide", EVERYTHING), binding("wide", "wide", ADA)]
    assert "could be whoever applies this" in reason(seen(docs))
    assert "could be whoever applies this" in reason(seen(docs, *JOB))
    answer = change(seen(docs, use("list", "pods", "shop", user="ada")))
    assert sorted(made(answer)) == ["Role shop/wide-least", "RoleBinding shop/wide-least"]
    assert any("cannot take it back" in each for each in answer.warnings)


def test_a_group_gets_what_its_members_used() -> None:
    """The log knows who is in it; its role is for the group."""
    docs = [role("helpers", HELPERS), binding("wide", "helpers", STAFF)]
    groups = {"ada": ("staff",), "kim": ("other",)}
    uses = (use("get", "pods", "shop", user="ada"), use("get", "secrets", "shop", user="kim"))
    answer = change(seen(docs, *uses, groups=groups))
    (rule,) = made(answer)["Role shop/wide-least"]["rules"]
    assert rule["resources"] == ["pods"]
    assert {(each.user, "staff" in each.groups) for each in answer.reviews} == {("", True)}


def test_a_dangerous_right_that_is_used_stays_and_is_said() -> None:
    """Everything else goes all the same."""
    docs = [role("helpers", HELPERS), binding("wide", "helpers", PIPELINE)]
    answer = change(seen(docs, use("create", "pods/exec", "shop", "web-abcde")))
    (rule,) = made(answer)["Role shop/wide-least"]["rules"]
    assert (rule["verbs"], rule["resources"]) == (["create"], ["pods/exec"])
    stays = next(each for each in answer.warnings if each.startswith("What stays"))
    assert "create pods/exec" in stays
    assert "Used 4 times in the log, last on 2026-11-14." in stays


def test_a_role_of_which_all_is_used_is_left_alone() -> None:
    """After the swap the same log has nothing more to take: the reason says how often it was."""
    docs = [role("wide", EVERYTHING), binding("wide", "wide", PIPELINE)]
    uses = (use("create", "pods/exec", "shop", "web-abcde"),)
    answer = change(seen(docs, *uses))
    later = harness.applied(docs, [answer])
    mine = kinds.ROLE_BINDINGS.ref("shop", "wide-least")
    said = reason(seen(later, *uses), mine)
    assert said == (
        "Its role allows nothing but what is used. Used 4 times in the log, last on 2026-11-14."
    )
    assert "made from an audit log" in reason(seen(later), mine)


def test_a_log_without_reads_takes_none_away() -> None:
    """Its policy leaves reads out, so that silence says nothing; dangerous ones go all the same."""
    docs = [role("helpers", HELPERS), binding("wide", "helpers", PIPELINE)]
    answer = change(seen(docs, use("patch", "deployments.apps", "shop", "web")))
    everywhere = made(answer)["ClusterRole wide-least"]["rules"]
    assert everywhere == [
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods"]},
        {"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]},
    ]
    assert any("leaves reads out" in each for each in answer.warnings)


def test_watches_do_not_show_that_reads_are_logged() -> None:
    """An export without get and list may keep watches: every read that was granted stays."""
    docs = [role("helpers", HELPERS), binding("wide", "helpers", PIPELINE)]
    watching = use("watch", "pods", "shop", user="system:serviceaccount:shop:web")
    answer = change(seen(docs, watching, use("patch", "deployments.apps", "shop", "web")))
    everywhere = made(answer)["ClusterRole wide-least"]["rules"]
    assert [each["verbs"] for each in everywhere] == [["get", "list"], ["get"]]
    assert any("leaves reads out" in each for each in answer.warnings)


def test_a_log_without_groups_takes_nothing_from_a_group() -> None:
    """Nobody's groups are in it, so a group's silence says nothing; accounts are known by name."""
    docs = [role("helpers", HELPERS), binding("wide", "helpers", STAFF, PIPELINE)]
    answer = change(seen(docs, use("get", "pods", "shop", user="ada")))
    end = answer.writes[-1]
    assert isinstance(end, Patch)
    assert end.edits == (SetField(("subjects",), [STAFF]),)
    assert any("names nobody's groups" in each for each in answer.warnings)
    alone = [role("helpers", HELPERS), binding("wide", "helpers", STAFF)]
    assert "names nobody's groups" in reason(seen(alone, use("get", "pods", "shop", user="ada")))


def test_who_gave_a_log_is_not_asked_for_one() -> None:
    """A group of which the log cannot tell stands beside an account that uses all it holds."""
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    bound = binding("wide", "helpers", STAFF, PIPELINE, namespace="shop")
    inventory = seen([role("helpers", rules), bound], use("get", "pods", "shop", "web-abcde"))
    said = reason(inventory, kinds.ROLE_BINDINGS.ref("shop", "wide"))
    assert said == "Its role allows nothing but what the log shows as used."


def test_a_log_without_reads_keeps_those_of_kubernetes_own_kinds_where_all_was_allowed() -> None:
    """What a star means is spelled out as far as it is known, without Secrets."""
    answer = change(seen(WIDE, use("patch", "deployments.apps", "shop", "web")))
    everywhere = made(answer)["ClusterRole wide-least"]["rules"]
    kinds_read = [rule for rule in everywhere if "resources" in rule]
    read = {(rule["apiGroups"][0], each) for rule in kinds_read for each in rule["resources"]}
    assert {("", "pods"), ("apps", "deployments"), ("batch", "jobs")} <= read
    assert not {("", "secrets"), ("", "nodes/proxy")} & read
    assert {verb for rule in everywhere for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_what_the_api_server_gives_everybody_is_not_repeated() -> None:
    """Discovery is there for every client: no role of ours holds it again."""
    own = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    everybody = {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}
    discovery = binding("system:discovery", "system:discovery", everybody)
    discovery["metadata"]["labels"] = own
    paths = [{"nonResourceURLs": ["/api"], "verbs": ["get"]}]
    docs = [*WIDE, discovery, role("system:discovery", paths)]
    asked = Use(CI, "get", path="/api", allowed=9)
    inventory = seen(docs, *JOB, asked)
    answer = change(inventory)
    assert not any("nonResourceURLs" in str(each) for each in made(answer).values())
    assert ("/api", True) in {(each.path, each.allowed) for each in answer.reviews}


def test_what_somebody_added_for_everybody_is_no_ground_to_leave_it_out() -> None:
    """Whoever takes that back, as rbac-authenticated does, must not take it from this subject."""
    everybody = {"apiGroup": RBAC, "kind": "Group", "name": "system:authenticated"}
    basic = binding("system:basic-user", "system:basic-user", everybody)
    basic["metadata"]["labels"] = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    added = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]
    answer = change(seen([*WIDE, basic, role("system:basic-user", added)], *JOB))
    assert made(answer) == made(change(seen(WIDE, *JOB)))


def test_another_binding_that_still_allows_it_is_named() -> None:
    """What stays by somebody else's grant is said, and not asked about as gone."""
    inventory = seen([*WIDE, binding("again", "wide", PIPELINE)], *JOB)
    answer, policy = change(inventory), policy_of(inventory)
    assert all(each.allowed for each in answer.reviews)
    left = policy.changed(changed_by(answer.writes, policy))
    said = list(still(answer, policy, left))
    assert [each.partition(" still allows ")[0] for each in said] == ["ClusterRoleBinding again"]


def test_subjects_with_different_uses_get_roles_of_their_own() -> None:
    """Under names that say whose they are; who stays, stays in the old binding."""
    masters = {"apiGroup": RBAC, "kind": "Group", "name": "system:masters"}
    other = {"kind": "ServiceAccount", "namespace": "ci", "name": "nightly"}
    docs = [role("wide", EVERYTHING), binding("wide", "wide", PIPELINE, other, ADA, masters)]
    nightly = use("delete", "pods", "shop", user="system:serviceaccount:ci:nightly")
    answer = change(seen(docs, use("get", "pods", "shop"), nightly))
    names = {label for label in made(answer) if label.startswith("Role ")}
    assert names == {"Role shop/wide-pipeline-least", "Role shop/wide-nightly-least"}
    last = answer.writes[-1]
    assert isinstance(last, Patch)
    assert last.edits == (SetField(("subjects",), [ADA, masters]),)


def test_a_namespace_that_is_gone_gets_no_role() -> None:
    """The API server has nowhere to put it, and the review says so."""
    shop = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    answer = change(seen([*WIDE, shop], use("list", "pods", "shop"), use("list", "pods", "old")))
    assert {each.ref.namespace for each in answer.writes if isinstance(each, Create)} == {"shop"}
    assert any("namespaces that are gone: old" in each for each in answer.warnings)
    evidence = {"apiVersion": harness.OURS, "kind": "Evidence"}
    files = evidence | {"source": {"kind": "manifests", "name": "deploy"}}
    answer = change(seen([*WIDE, shop, files], use("list", "pods", "old")))
    assert "Role old/wide-least" in made(answer)


def test_a_taken_name_gets_a_number_and_a_rolebinding_of_the_name_keeps_its_own() -> None:
    """Neither what is there nor what another swap of the plan makes is met."""
    mine = {"apiVersion": f"{RBAC}/v1", "kind": "Role", "rules": []}
    taken = mine | {"metadata": {"namespace": "shop", "name": "wide-least"}}
    answer = change(seen([*WIDE, taken], use("list", "pods", "shop")))
    assert "Role shop/wide-least-2" in made(answer)
    twin = binding("wide", "wide", PIPELINE, namespace="shop")
    answer = change(seen([*WIDE, twin], use("list", "pods", "shop")))
    assert "Role shop/wide-least-2" in made(answer)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("ci-pipeline", "ci-pipeline-least"),
        ("ci-pipeline-least", "ci-pipeline-least"),
        ("ci-pipeline-least-2", "ci-pipeline-least"),
        ("db2", "db2-least"),
    ],
)
def test_a_second_swap_does_not_lengthen_a_name(name: str, least: str) -> None:
    """Each swap of a swap would add a word otherwise."""
    assert least_name(name) == least


def test_a_long_name_is_cut_and_stays_its_own() -> None:
    """253 characters are the most; two that begin alike end in different hashes."""
    one, two = fitted("x" * 300 + "a"), fitted("x" * 300 + "b")
    assert len(one) <= 249
    assert one != two


def test_a_role_in_a_namespace_holds_no_urls() -> None:
    """The API server refuses a Role with one, and a RoleBinding gives none."""
    rules = [*HELPERS, {"nonResourceURLs": ["/metrics"], "verbs": ["get"]}]
    docs = [role("helpers", rules), binding("wide", "helpers", PIPELINE, namespace="shop")]
    answer = change(seen(docs), kinds.ROLE_BINDINGS.ref("shop", "wide"))
    assert "nonResourceURLs" not in str(made(answer))
    assert any(each.startswith("Needs testing") for each in answer.warnings)


def test_a_role_with_endless_rights_is_left_to_people() -> None:
    """Thousands of names times verbs would never be looked through, by us or by anybody."""
    names = [f"n-{number}" for number in range(9000)]
    rules = [dict(HELPERS[0], resourceNames=names)]
    docs = [role("helpers", rules), binding("wide", "helpers", PIPELINE)]
    assert "more rights than anybody" in reason(seen(docs))


def test_a_change_of_a_role_or_of_the_log_is_another_change() -> None:
    """The digest holds the rules that were judged and which log showed the use."""
    one = change(seen(WIDE, *JOB))
    other = change(seen(WIDE, *JOB, days=20))
    assert one.basis != other.basis
    assert {each.resource for each in one.rests_on} >= {
        "clusterroles.rbac.authorization.k8s.io",
        "rolebindings.rbac.authorization.k8s.io",
        "namespaces",
    }


def test_anybody_gets_nothing_that_a_member_holds_by_name() -> None:
    """What one of all accounts is given elsewhere is no reason to give it to all."""
    everybody = {"apiGroup": RBAC, "kind": "Group", "name": "system:serviceaccounts:ci"}
    docs = [
        role("helpers", HELPERS),
        binding("wide", "helpers", everybody),
        binding("own", "helpers", PIPELINE),
    ]
    nightly = "system:serviceaccount:ci:nightly"
    uses = (use("get", "secrets", "shop"), use("list", "pods", "shop", user=nightly))
    answer = change(seen(docs, *uses))
    (rule,) = made(answer)["Role shop/wide-least"]["rules"]
    assert rule["resources"] == ["pods"]
