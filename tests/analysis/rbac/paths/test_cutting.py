"""The cheapest cut: what it changes, what it costs, and what survives it."""

from collections.abc import Sequence

import msgspec

from k8sharden.analysis.rbac.paths import Cost, Cut
from k8sharden.model.facts import Facts
from k8sharden.model.inventory import Inventory
from k8sharden.model.objects import PolicyRule
from k8sharden.model.usage import Usage, Use
from tests.analysis.rbac.made import rule
from tests.analysis.rbac.paths.made import EVE, cluster, with_cut

TOKEN = rule("create", "serviceaccounts/token")
READ = rule("get list watch", "pods services configmaps")
ROLES = {"token": [TOKEN], "both": [READ, TOKEN], "star": [PolicyRule(["*"], [""], ["*"])]}


def cut_of(inventory: Inventory) -> Cut:
    """Return the cheapest cut of Eve's path."""
    found = with_cut(inventory).cut
    assert found is not None
    return found


def test_one_right_leaves_the_role_for_one_binding() -> None:
    """What else the role gives stays, and others who hold it keep all of it."""
    cut = cut_of(cluster(ROLES, f"b: both to {EVE} in shut", "c: both to User sam in open"))
    assert (
        cut.said
        == "take create serviceaccounts/token out of ClusterRole both for RoleBinding shut/b"
    )
    assert cut.rights == ("create serviceaccounts/token",)
    assert (cut.cost, cut.ends, cut.survivor) == (Cost(0, 1, 1), True, None)


def test_the_subject_leaves_where_the_role_is_one_star() -> None:
    """Nobody can tell what is left of a star, so it is the binding that loses its subject."""
    cut = cut_of(cluster(ROLES, f"b: star to {EVE}, User sam in shut"))
    assert cut.said == f"take {EVE} out of RoleBinding shut/b"
    assert (cut.subject, cut.rights, cut.cost.subjects) == (EVE, (), 1)


def test_all_that_leads_on_leaves_the_role_at_once() -> None:
    """Where one right would do what another did, both leave, and what is harmless stays."""
    ways = [READ, rule("create", "pods"), rule("create", "pods/exec"), TOKEN]
    cut = cut_of(cluster({"ways": ways}, f"b: ways to {EVE} in shut"))
    assert cut.rights == ("create serviceaccounts/token", "create pods", "create pods/exec")
    assert (cut.cost, cut.ends, cut.survivor) == (Cost(0, 3, 1), True, None)


def test_what_many_share_is_not_taken_from_all() -> None:
    """Of two changes, the one that touches one subject rather than five."""
    others = ", ".join(f"User user-{number}" for number in range(5))
    cut = cut_of(cluster(ROLES, f"b: token to {EVE}, {others} in shut"))
    assert cut.said == f"take {EVE} out of RoleBinding shut/b"


def test_a_later_step_is_cut_where_that_costs_less() -> None:
    """The cheapest right of the path, wherever along it that is."""
    others = ", ".join(f"User user-{number}" for number in range(5))
    step = "second: token to ServiceAccount open/app in shut"
    cut = cut_of(cluster(ROLES, f"first: token to {EVE}, {others} in open", step))
    assert cut.ends
    assert cut.cost == Cost(0, 1, 1)


def with_log(inventory: Inventory, uses: Sequence[Use]) -> Inventory:
    """Return the inventory with a log that shows these requests."""
    return msgspec.structs.replace(inventory, facts=Facts(usage=Usage(tuple(uses))), cache={})


def test_a_right_in_use_costs_most() -> None:
    """What the log shows in use is kept, even where the other change takes more rights."""
    wide = {**ROLES, "many": [rule("create", "serviceaccounts/token secrets configmaps")]}
    seen = cluster(wide, f"first: token to {EVE} in open",
                   "second: token to ServiceAccount open/app, User sam in shut")  # fmt: skip
    assert cut_of(seen).said.endswith("RoleBinding open/first")
    used = Use("eve", "create", resource="serviceaccounts/token", namespace="open", allowed=3)
    cut = cut_of(with_log(seen, [used]))
    assert cut.said == "take ServiceAccount open/app out of RoleBinding shut/second"
    assert cut.cost.used == 0
    denied = msgspec.structs.replace(used, allowed=0, denied=3)
    assert cut_of(with_log(seen, [denied])).said.endswith("RoleBinding open/first")


def test_a_star_costs_what_is_done_with_it() -> None:
    """Each kind of request that the log shows counts, not the star that allows them all."""
    seen = cluster(ROLES, f"b: star to {EVE} in shut")
    uses = [
        Use("eve", verb, resource="pods", namespace="shut", name=f"p-{number}", allowed=2)
        for verb in ("get", "list")
        for number in range(2)
    ]
    elsewhere = Use("eve", "get", resource="pods", namespace="open", allowed=1)
    assert cut_of(with_log(seen, [*uses, elsewhere])).cost.used == 2


def test_what_survives_is_shown() -> None:
    """Where another binding gives the same, the cut ends nothing, and the next path says so."""
    cut = cut_of(cluster(ROLES, f"a: star to {EVE} in shut", f"b: star to {EVE} in shut"))
    assert not cut.ends
    assert cut.survivor is not None
    assert "(RoleBinding shut/b)" in cut.survivor.said


def test_a_weaker_path_that_is_left_is_shown_too() -> None:
    """The cut ends what it is for, and says what somebody still becomes."""
    cut = cut_of(cluster(ROLES, f"b: token to {EVE} in shut", f"c: token to {EVE} in open",
                         "d: both to ServiceAccount open/app in open"))  # fmt: skip
    assert cut.ends
    assert cut.survivor is not None
    assert cut.survivor.reach.label == "ServiceAccount open/app"


def test_what_the_api_server_would_put_back_is_not_cut() -> None:
    """Its own bindings are left, and so is the way in for emergencies."""
    assert with_cut(cluster({}, "k: all to Group kubeadm:cluster-admins"),
                    "Group kubeadm:cluster-admins").cut is None  # fmt: skip
    beside = """
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: system:own, labels: {kubernetes.io/bootstrapping: rbac-defaults}}
roleRef: {kind: ClusterRole, name: all}
subjects: [{kind: User, name: robot}]
"""
    assert with_cut(cluster({}, beside=beside), "User robot").cut is None
