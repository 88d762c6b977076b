"""What holds of every item that judges pod templates, for any template."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.pod_security import Level, highest_level
from k8sharden.model.change import Change
from k8sharden.model.workloads import workloads
from remediations.pod_security import allow_privilege_escalation
from remediations.runtime import rofs, seccomp
from tests.remediations import harness
from tests.remediations.harness import Document

ITEMS = (allow_privilege_escalation.ITEM, rofs.ITEM, seccomp.ITEM)
FLAG = st.sampled_from([None, True, False])
PROFILE = st.sampled_from([None, {"type": "Unconfined"}, {"type": "RuntimeDefault"}])
PLACES = ["/tmp", "/tmp/", "/var/run", "/run/web", "/data", "/"]
ARGUMENTS = ["--pid-file=/run/web/pid", "--data-dir", "/data", "> /app/log", ">/dev/null", "/"]


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """A mapping of those fields that are not None."""
    given_fields = st.fixed_dictionaries(fields)
    return given_fields.map(lambda all_: {key: value for key, value in all_.items() if value})


def _context() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {},
        optional={
            "allowPrivilegeEscalation": st.booleans(),
            "readOnlyRootFilesystem": st.booleans(),
            "seccompProfile": PROFILE,
        },
    )


def _containers(prefix: str, least: int) -> st.SearchStrategy[list[Document]]:
    container = _some(
        image=st.sampled_from(["nginx", "web:1", "", "not an image"]),
        args=st.lists(st.sampled_from(ARGUMENTS), max_size=4),
        securityContext=_context(),
        volumeMounts=st.lists(st.sampled_from(PLACES), unique=True, max_size=3).map(
            lambda places: [{"name": "mine", "mountPath": place} for place in places]
        ),
    )
    return st.lists(container, min_size=least, max_size=3).map(
        lambda found: [{**each, "name": f"{prefix}{number}"} for number, each in enumerate(found)]
    )


DEPLOYMENTS = st.builds(
    lambda init, main, context: {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "template": {
                "spec": {
                    "initContainers": init,
                    "containers": main,
                    "securityContext": context,
                    "volumes": [{"name": "mine", "emptyDir": {}}],
                }
            }
        },
    },
    _containers("i", 0),
    _containers("c" * 60, 1),
    st.sampled_from([None, {}]) | _some(seccompProfile=PROFILE),
)


@settings(max_examples=150, deadline=None)
@given(DEPLOYMENTS, st.permutations(ITEMS))
def test_the_fixes_fit_together_in_any_order(deployment: Document, items: list[Any]) -> None:
    """Each fix takes its own finding away, brings no other back, and leaves a valid template."""
    docs = [deployment]
    changes = [
        answer
        for item in items
        for finding in harness.findings(item, docs)
        if isinstance(answer := item.remediate(finding, harness.inventory(docs)), Change)
    ]
    # Every change was planned on the template as it was, as a plan does.
    after = harness.applied(docs, changes)
    assert [found for item in items for found in harness.findings(item, after)] == []
    spec = after[0]["spec"]["template"]["spec"]
    names = [volume["name"] for volume in spec["volumes"]]
    assert len(set(names)) == len(names)
    for container in (*spec["initContainers"], *spec["containers"]):
        mounts = container.get("volumeMounts", [])
        places = [mount["mountPath"] for mount in mounts]
        assert len(set(places)) == len(places)
        assert {mount["name"] for mount in mounts} <= set(names)


@settings(max_examples=50, deadline=None)
@given(DEPLOYMENTS)
def test_a_fix_never_lowers_the_level_that_a_template_meets(deployment: Document) -> None:
    """Hardening may not push a workload out of a namespace that admits it today."""
    before = _level([deployment])
    for item in ITEMS:
        for finding in harness.findings(item, [deployment]):
            answer = item.remediate(finding, harness.inventory([deployment]))
            assert isinstance(answer, Change)
            assert _level(harness.applied([deployment], [answer])) >= before


def _level(docs: list[Document]) -> Level:
    (workload,) = workloads(harness.inventory(docs))
    return highest_level(workload.spec, workload.template_metadata)
