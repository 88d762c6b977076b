"""What holds of every item that judges pod templates, for any template."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.pod_security import Level, highest_level
from k8sharden.changes.compose import Wanted, compose
from k8sharden.model.change import Change, NoChange
from k8sharden.model.workloads import workloads
from remediations import pod_security
from remediations.runtime import gitrepo, rofs, seccomp
from tests.remediations import harness
from tests.remediations.harness import Document

# Limits and labels are given by whoever knows the program; they write nothing that others write.
ITEMS = (*pod_security.TEMPLATES, gitrepo.ITEM, rofs.ITEM, seccomp.ITEM)
PROFILE = st.sampled_from([None, {"type": "Unconfined"}, {"type": "RuntimeDefault"}])
PLACES = ["/tmp", "/tmp/", "/var/run", "/run/web", "/data", "/"]
ARGUMENTS = ["--pid-file=/run/web/pid", "--data-dir", "/data", "> /app/log", ">/dev/null", "/"]
PORTS: list[Document] = [
    {"name": "http", "containerPort": 8080, "hostPort": 8080},
    {"containerPort": 9090, "hostPort": 9090, "hostIP": "192.0.2.10"},
    {"containerPort": 9091},
    {"containerPort": 80},
]
PROBES = [None, {"tcpSocket": {"port": 1, "host": "127.0.0.1"}}, {"httpGet": {"port": 1}}]
SOURCES: list[Document] = [
    {"emptyDir": {}},
    {"hostPath": {"path": "/var/cache/web"}},
    {"hostPath": {"path": "/data"}},
    {"nfs": {"server": "files", "path": "/web"}},
    {"gitRepo": {"repository": "https://git.kestrel.example/web"}},
]
CAPABILITIES = ["NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", "SYS_ADMIN", "SYS_TIME", "CHOWN", "ALL"]
SELINUX: list[Document] = [
    {"type": "spc_t"},
    {"type": "container_t"},
    {"type": "container_t", "user": "system_u"},
    {"type": "spc_t", "level": "s0:c1,c2", "role": "system_r"},
]
APPARMOR: list[Document] = [
    {"type": "Unconfined"},
    {"type": "RuntimeDefault"},
    {"type": "Localhost", "localhostProfile": "web"},
]
SYSCTLS = st.lists(
    st.sampled_from(["net.core.somaxconn", "kernel.sem", "net.ipv4.tcp_rmem"]), unique=True
).map(lambda names: [{"name": name, "value": "1"} for name in names])


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Document]:
    """A mapping of those fields that are not None."""
    given_fields = st.fixed_dictionaries(fields)
    return given_fields.map(lambda all_: {key: value for key, value in all_.items() if value})


_OF_BOTH: dict[str, st.SearchStrategy[Any]] = {
    "runAsUser": st.sampled_from([0, 10001]),
    "runAsNonRoot": st.booleans(),
    "seLinuxOptions": st.sampled_from(SELINUX),
    "appArmorProfile": st.sampled_from(APPARMOR),
}


def _context() -> st.SearchStrategy[Document]:
    return st.fixed_dictionaries(
        {},
        optional={
            "allowPrivilegeEscalation": st.booleans(),
            "readOnlyRootFilesystem": st.booleans(),
            "seccompProfile": PROFILE,
            "privileged": st.booleans(),
            "capabilities": _some(
                add=st.lists(st.sampled_from(CAPABILITIES), unique=True, max_size=3),
                drop=st.sampled_from([None, ["ALL"], ["CHOWN"], ["all"]]),
            ),
            "procMount": st.sampled_from(["Default", "Unmasked"]),
            **_OF_BOTH,
        },
    )


def _containers(prefix: str, least: int) -> st.SearchStrategy[list[Document]]:
    container = _some(
        image=st.sampled_from(["nginx", "grafana/grafana", "web:1", "", "not an image"]),
        args=st.lists(st.sampled_from(ARGUMENTS), max_size=4),
        securityContext=_context(),
        ports=st.lists(st.sampled_from(PORTS), unique_by=str, max_size=3),
        livenessProbe=st.sampled_from(PROBES),
        volumeMounts=st.lists(st.sampled_from(PLACES), unique=True, max_size=3).map(
            lambda places: [{"name": "mine", "mountPath": place} for place in places]
        ),
    )
    return st.lists(container, min_size=least, max_size=3).map(
        lambda found: [{**each, "name": f"{prefix}{number}"} for number, each in enumerate(found)]
    )


def _apart(document: Document) -> Document:
    """A copy whose parts are nobody else's, as one that was read from somewhere."""
    copied: Document = json.loads(json.dumps(document))
    return copied


DEPLOYMENTS = st.builds(
    lambda init, main, context, volume, unused, flags: {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {
            "template": {
                "spec": {
                    "initContainers": init,
                    "containers": main,
                    "securityContext": context,
                    "volumes": [{"name": "mine", **volume}, {"name": "unused", **unused}],
                    **flags,
                }
            }
        },
    },
    _containers("i", 0),
    _containers("c" * 60, 1),
    st.none()
    | st.fixed_dictionaries(
        {}, optional={"seccompProfile": PROFILE, "sysctls": SYSCTLS, **_OF_BOTH}
    ),
    st.sampled_from(SOURCES),
    st.sampled_from(SOURCES),
    _some(
        hostNetwork=st.booleans(),
        hostPID=st.booleans(),
        hostIPC=st.booleans(),
        nodeSelector=st.sampled_from([None, None, {"kubernetes.io/os": "windows"}]),
    ),
).map(_apart)


@settings(max_examples=150, deadline=None)
@given(DEPLOYMENTS, st.permutations(ITEMS))
def test_the_fixes_fit_together_in_any_order(deployment: Document, items: list[Any]) -> None:
    """Each fix takes its own finding away, brings no other back, and leaves a valid template."""
    docs = [deployment]
    inventory = harness.inventory(docs)
    found = [finding for item in items for finding in harness.findings(item, docs)]
    by_id = {item.id: item for item in items}
    answers = {each.id: by_id[each.check].remediate(each, inventory) for each in found}
    wanted = [Wanted(each, (key,)) for key, each in answers.items() if isinstance(each, Change)]
    # Every change is planned on the template as it was, and all become one write.
    composed, refused = compose(wanted)
    assert refused == []
    assert len(composed) <= 1
    after = harness.applied(docs, [each.change for each in composed])
    left = {finding.id for item in items for finding in harness.findings(item, after)}
    assert left <= {key for key, each in answers.items() if isinstance(each, NoChange)}
    spec = after[0]["spec"]["template"]["spec"]
    names = [volume["name"] for volume in spec["volumes"]]
    assert len(set(names)) == len(names)
    for container in (*spec["initContainers"], *spec["containers"]):
        mounts = container.get("volumeMounts", [])
        places = [mount["mountPath"] for mount in mounts]
        assert len(set(places)) == len(places)
        assert {mount["name"] for mount in mounts} <= set(names)


@settings(max_examples=100, deadline=None)
@given(DEPLOYMENTS)
def test_a_template_whose_findings_are_all_answered_passes_restricted(deployment: Document) -> None:
    """Nothing that a control refuses is left where every one of them got a change."""
    docs = [deployment]
    inventory = harness.inventory(docs)
    answers = [
        item.remediate(found, inventory) for item in ITEMS for found in harness.findings(item, docs)
    ]
    changes = [each for each in answers if isinstance(each, Change)]
    if len(changes) == len(answers):
        composed, _ = compose([Wanted(each, ()) for each in changes])
        after = harness.applied(docs, [each.change for each in composed])
        assert _level(after) is Level.RESTRICTED


@settings(max_examples=50, deadline=None)
@given(DEPLOYMENTS)
def test_a_fix_never_lowers_the_level_that_a_template_meets(deployment: Document) -> None:
    """Hardening may not push a workload out of a namespace that admits it today."""
    before = _level([deployment])
    for item in ITEMS:
        for finding in harness.findings(item, [deployment]):
            answer = item.remediate(finding, harness.inventory([deployment]))
            if isinstance(answer, Change):
                assert _level(harness.applied([deployment], [answer])) >= before


def _level(docs: list[Document]) -> Level:
    (workload,) = workloads(harness.inventory(docs))
    return highest_level(workload.spec, workload.template_metadata)
