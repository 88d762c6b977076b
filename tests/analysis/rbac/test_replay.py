"""A log replayed, its window in words, and the answers that are foretold."""

import msgspec
import pytest

from k8sharden.analysis.rbac.authorize import Request
from k8sharden.analysis.rbac.foretold import MOST, Expected, foretell
from k8sharden.analysis.rbac.lost import lost_access
from k8sharden.analysis.rbac.names import passes
from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.replay import replay
from k8sharden.analysis.rbac.schedules import longest_wait
from k8sharden.analysis.rbac.window import seldom, words
from k8sharden.model import kinds
from k8sharden.model.facts import Facts
from k8sharden.model.impact import ImpactKind
from k8sharden.model.inventory import Inventory
from k8sharden.model.usage import Usage, Use
from tests.analysis.rbac import made
from tests.remediations import harness

CI = "system:serviceaccount:ci:pipeline"
KEY = frozenset({"ServiceAccount ci/pipeline"})
WIDE = made.policy({"wide": made.EVERYTHING}, "b: wide to ServiceAccount ci/pipeline")
NONE = made.policy({})
READER = made.policy(
    {"shop/reader": [made.rule("get", "pods", names="web")]},
    "r: reader to ServiceAccount ci/pipeline in shop",
)
DAY = 86_400.0


def logged(*uses: Use, **more: object) -> Inventory:
    """Return an inventory with a log of these requests."""
    facts = Facts(usage=msgspec.structs.replace(Usage(uses=uses), **more))
    return msgspec.structs.replace(harness.inventory([]), facts=facts)


def use(verb: str, name: str = "", count: int = 1, user: str = CI) -> Use:
    """Return requests about pods of shop that were allowed."""
    return Use(user, verb, "", "pods", "shop", name, allowed=count)


def test_a_replay_counts_what_would_have_been_denied() -> None:
    """Grouped by who and what, the most frequent first."""
    seen = logged(use("get", "web", 5), use("get", "api", 2), use("delete", "web", 3))
    again = replay(seen, WIDE, READER, KEY)
    assert again.words == (
        "Of 10 requests in the audit log, 5 would have been denied: ServiceAccount ci/pipeline: "
        "delete pods in shop (3); ServiceAccount ci/pipeline: get pods in shop (2)."
    )


@pytest.mark.parametrize(
    ("seen", "before", "said"),
    [
        (logged(use("get", "web", 5)), WIDE, "Of 5 requests in the audit log, none would"),
        (logged(use("get", "web")), WIDE, "Of 1 request in the audit log, none would"),
        (logged(use("get", "web", user="ada")), WIDE, "Nothing in the audit log was asked by"),
        (logged(use("get", "api")), NONE, "Nothing in the audit log was asked by"),
        (logged(Use(CI, "get", "", "pods", "shop", denied=4)), WIDE, "Nothing in the audit log"),
    ],
)
def test_only_what_the_change_takes_is_counted(seen: Inventory, before: Policy, said: str) -> None:
    """Not others' requests, not denied ones, not what another authorizer allowed."""
    assert replay(seen, before, READER, KEY).words.startswith(said)


def test_a_replay_names_a_few_kinds_and_counts_the_rest() -> None:
    """A review has room for four."""
    verbs = ("get", "list", "watch", "create", "update", "patch")
    assert replay(logged(*map(use, verbs)), WIDE, NONE, KEY).words.endswith(" and 2 more kinds.")


def test_a_group_is_replayed_by_those_who_were_in_it() -> None:
    """The log knows the groups of a user, and a role knows nobody else."""
    seen = logged(use("get", "web", 4, "ada"), groups={"ada": ("staff",)})
    staff = made.policy({"wide": made.EVERYTHING}, "b: wide to Group staff")
    assert replay(seen, staff, NONE, frozenset({"Group staff"})).lost == 4


def test_any_change_of_a_binding_shows_the_replay() -> None:
    """A plain delete, too, and only where there is a log."""
    bound = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "b"},
        "roleRef": {"kind": "ClusterRole", "name": "wide"},
        "subjects": [{"kind": "User", "name": "ada"}],
    }
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "wide"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    seen = harness.inventory([bound, role])
    gone = {kinds.CLUSTER_ROLE_BINDINGS.ref("", "b"): None}
    assert [each.kind for each in lost_access(gone, seen)] == [ImpactKind.PERMISSIONS]
    facts = Facts(usage=Usage(uses=(use("get", "web", 7, "ada"),)))
    told = lost_access(gone, msgspec.structs.replace(seen, facts=facts, cache={}))
    assert [(each.kind, each.count) for each in told] == [
        (ImpactKind.PERMISSIONS, 1),
        (ImpactKind.REPLAY, 7),
    ]


def test_only_what_the_evaluator_predicts_is_asked() -> None:
    """What stays is asked as allowed, what goes as denied; what another binding gives waits."""
    before = made.policy(
        {"wide": made.EVERYTHING, "view": [made.rule("list", "pods")]},
        "b: wide to ServiceAccount ci/pipeline",
        "v: view to ServiceAccount ci/pipeline",
    )
    after = Policy(
        before.roles, {ref: each for ref, each in before.bindings.items() if ref.name == "v"}
    )
    kept = (Request("list", "", "pods"), Request("get", "", "secrets"))
    gone = (Request("delete", "", "pods"), Request("list", "", "pods"), Request("list", "", "pods"))
    told = foretell([Expected(made.who("ServiceAccount ci/pipeline"), kept, gone)], before, after)
    assert [(each.verb, each.resource, each.allowed) for each in told.reviews] == [
        ("list", "pods", True),
        ("delete", "pods", False),
    ]
    assert told.missing == (Request("get", "", "secrets"),)
    assert [(each.verb, each.resource, each.allowed) for each in told.shadowed] == [
        ("list", "pods", False)
    ]
    assert told.said == ()


def test_questions_are_bounded_and_counted() -> None:
    """Thousands of rights are not all asked about, and the review says how many are."""
    kept = tuple(Request("get", "", "pods", "shop", f"p-{number}") for number in range(1000))
    told = foretell([Expected(made.who("ServiceAccount ci/pipeline"), kept, ())], WIDE, WIDE)
    assert len(told.reviews) == MOST // 2
    assert told.said[0].startswith("Of 1,000 rights that stay or go, the API server is asked about")
    assert f"asked about {MOST} at most" in told.said[0]


@pytest.mark.parametrize(
    ("group", "resource", "name", "passing"),
    [
        ("", "pods", "web", True),
        ("", "pods/log", "web", True),
        ("", "events", "any", True),
        ("", "configmaps", "web", False),
        ("", "configmaps", "web-5k2m7t8g9f", True),
        ("", "secrets", "sh.helm.release.v1.web.v12", True),
        ("", "secrets", "card-provider", False),
        ("", "persistentvolumeclaims", "data-postgres-0", False),
        ("", "persistentvolumes", "pvc-8f14e45f-ceea-467f-a0b1-7d1b2c3d4e5f", True),
        ("batch", "jobs", "backup-28412345", True),
        ("batch", "jobs", "seed", False),
        ("apps", "deployments", "web-v2", False),
        ("apps", "deployments", "preview-4f0abcc5", True),
        ("apps", "replicasets", "web-7d4b9", True),
        ("coordination.k8s.io", "leases", "leader", False),
    ],
)
def test_a_passing_name_shows_by_its_type_or_its_end(
    group: str, resource: str, name: str, *, passing: bool
) -> None:
    """What controllers, generateName, Helm and pipelines make; what people call things stays."""
    assert passes(group, resource, name) is passing


@pytest.mark.parametrize(
    ("schedule", "wait"),
    [
        ("* * * * *", 60),
        ("*/5 * * * *", 3600),
        ("7 * * * *", 3600),
        ("0 3 * * *", DAY),
        ("0 5 * * 0", 7 * DAY),
        ("0 5 1 * *", 31 * DAY),
        ("0 5 1 * 1", 7 * DAY),
        ("0 5 1 1 *", 366 * DAY),
        ("@monthly", 31 * DAY),
        ("TZ=UTC @daily", DAY),
        ("what", 366 * DAY),
        ("", 366 * DAY),
    ],
)
def test_a_schedule_waits_at_most_so_long(schedule: str, wait: float) -> None:
    """An upper bound is enough to say that a log may be too short; an odd one is never."""
    assert longest_wait(schedule) == wait


def test_jobs_that_a_log_is_too_short_for_are_named() -> None:
    """Only those under the account, and only where they run more seldom than the log is long."""

    def job(name: str, schedule: str, account: str) -> dict[str, object]:
        pod = {"serviceAccountName": account, "containers": [{"name": "a", "image": "b"}]}
        spec = {"schedule": schedule, "jobTemplate": {"spec": {"template": {"spec": pod}}}}
        metadata = {"namespace": "ci", "name": name}
        return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec}

    seen = harness.inventory(
        [
            job("monthly", "0 0 1 * *", "pipeline"),
            job("daily", "0 0 * * *", "pipeline"),
            job("other", "0 0 1 * *", "default"),
        ]
    )
    week = Usage(first=0.0, last=7 * DAY)
    found = seldom(("ci", "pipeline"), week, seen)
    assert [each.name for each in found] == ["monthly"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (14 * DAY, "2026-11-05 to 2026-11-19, 14 days"),
        (DAY, "2026-11-05 to 2026-11-06, 1 day"),
        (3 * 3600, "2026-11-05, 3 hours"),
        (60, "2026-11-05, 1 minute"),
        (0, "2026-11-05, under a minute"),
    ],
)
def test_a_window_is_written_for_people(seconds: float, said: str) -> None:
    """The days in UTC, and how long that is in the largest unit that fits."""
    start = 1_793_836_800.0
    assert words(Usage(first=start, last=start + seconds)) == said
