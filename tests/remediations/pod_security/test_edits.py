"""What exactly the fixes of containers' security contexts write, beside taking findings away."""

from typing import Any

import pytest

from k8sharden.model.change import Change, NoChange
from k8sharden.model.item import Item
from remediations.pod_security import (
    allow_privilege_escalation,
    apparmor,
    proc_mount,
    run_as_non_root,
    selinux,
)
from tests.remediations import harness
from tests.remediations.harness import Document


def _deployment(*containers: Document, annotations: Any = None, **pod: Any) -> list[Document]:
    named = [{"name": f"c{number}", "image": "web:1", **c} for number, c in enumerate(containers)]
    template = {"metadata": {"annotations": annotations}, "spec": {"containers": named, **pod}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": template},
        }
    ]


def _after(item: Item, docs: list[Document]) -> tuple[Document, Change]:
    """Return the template as the item leaves it, and its change."""
    change = harness.remedy(item, docs)
    assert isinstance(change, Change)
    template: Document = harness.applied(docs, [change])[0]["spec"]["template"]
    return template, change


def _contexts(template: Document) -> list[Document]:
    return [each["securityContext"] for each in template["spec"]["containers"]]


def _context(**fields: Any) -> Document:
    return {"securityContext": fields}


def test_an_selinux_level_and_an_allowed_type_stay() -> None:
    """Volumes may depend on the level; only what is not allowed goes, and what is empty then."""
    docs = _deployment(
        _context(seLinuxOptions={"type": "spc_t", "level": "s0:c1,c2"}),
        _context(seLinuxOptions={"type": "container_t", "user": "system_u"}),
        _context(seLinuxOptions={"type": "spc_t", "role": "system_r"}),
        _context(seLinuxOptions={"type": "container_engine_t"}),
        securityContext={"seLinuxOptions": {"type": "spc_t"}},
    )
    template, _ = _after(selinux.ITEM, docs)
    assert _contexts(template) == [
        {"seLinuxOptions": {"level": "s0:c1,c2"}},
        {"seLinuxOptions": {"type": "container_t"}},
        {},
        {"seLinuxOptions": {"type": "container_engine_t"}},
    ]
    assert template["spec"]["securityContext"] == {}


def test_a_type_that_is_too_new_for_the_cluster_goes() -> None:
    """What Kubernetes 1.31 began to allow is refused by an older one."""
    old: Document = {
        "apiVersion": harness.OURS,
        "kind": "Evidence",
        "source": {"kind": "cluster", "name": "old", "server_version": "v1.30.1"},
    }
    docs = _deployment(_context(seLinuxOptions={"type": "container_engine_t"}))
    template, _ = _after(selinux.ITEM, [*docs, old])
    assert _contexts(template) == [{}]


def test_only_the_annotations_that_switch_apparmor_off_go() -> None:
    """A profile of one's own is left, and what other tools wrote is not ours."""
    prefix = "container.apparmor.security.beta.kubernetes.io/"
    docs = _deployment(
        {},
        {},
        annotations={f"{prefix}c0": "unconfined", f"{prefix}c1": "localhost/c1", "note": "x"},
        securityContext={"appArmorProfile": {"type": "Unconfined"}},
    )
    template, _ = _after(apparmor.ITEM, docs)
    assert template["metadata"]["annotations"] == {f"{prefix}c1": "localhost/c1", "note": "x"}
    assert template["spec"]["securityContext"] == {}


def test_a_user_namespace_stays_when_proc_is_masked() -> None:
    """It is a good thing by itself."""
    docs = _deployment(_context(procMount="Unmasked"), _context(procMount="Default"))
    docs[0]["spec"]["template"]["spec"]["hostUsers"] = False
    template, _ = _after(proc_mount.ITEM, docs)
    assert _contexts(template) == [{}, {"procMount": "Default"}]
    assert template["spec"]["hostUsers"] is False


def test_escalation_takes_along_what_the_server_refuses_beside_it() -> None:
    """It says so, and what has to be tested; containers that are right already are not touched."""
    docs = _deployment(
        _context(privileged=True),
        _context(capabilities={"add": ["CAP_SYS_ADMIN", "NET_BIND_SERVICE"]}),
        _context(allowPrivilegeEscalation=False),
        {},
    )
    template, change = _after(allow_privilege_escalation.ITEM, docs)
    denied: Document = {"allowPrivilegeEscalation": False}
    assert _contexts(template) == [
        denied,
        {"capabilities": {"add": ["NET_BIND_SERVICE"]}, **denied},
        denied,
        denied,
    ]
    assert any("goes as well" in each for each in change.warnings)
    assert sum(each.startswith("Needs testing") for each in change.warnings) == 2


@pytest.mark.parametrize(
    ("container", "said"),
    [
        ({}, True),
        (_context(runAsUser=101), True),
        (_context(runAsUser=0), False),
        ({"ports": [{"containerPort": 8080}]}, False),
    ],
)
def test_a_low_port_without_escalation_has_to_be_tested(container: Document, *, said: bool) -> None:
    """A file that carries NET_BIND_SERVICE no longer gives it to those that are started later."""
    docs = _deployment({"ports": [{"containerPort": 80}], **container})
    _, change = _after(allow_privilege_escalation.ITEM, docs)
    assert any("c0 binds port 80." in each for each in change.warnings) is said


@pytest.mark.parametrize(
    ("container", "pod", "needs"),
    [
        (_context(privileged=True), {"hostPID": True}, "it shares the node's hostPID"),
        (
            {"command": ["mount"], **_context(capabilities={"add": ["SYS_ADMIN"]})},
            {},
            "mount mounts file systems",
        ),
    ],
)
def test_escalation_names_the_need_where_there_is_one(
    container: Document, pod: Document, needs: str
) -> None:
    """The reason says what to do first, in the words of the item that it waits for."""
    answer = harness.remedy(allow_privilege_escalation.ITEM, _deployment(container, **pod))
    assert isinstance(answer, NoChange)
    assert answer.reason.startswith("Escalation cannot be denied while container c0")
    assert needs in answer.reason


def test_every_container_that_could_not_start_is_named() -> None:
    """Nobody should mend one image only to hear of the next."""
    docs = _deployment({"image": "nginx"}, {"image": "redis"}, {"image": "requarks/wiki:2"})
    answer = harness.remedy(run_as_non_root.ITEM, docs)
    assert isinstance(answer, NoChange)
    for said in ("c0", "c1", "c2", "nginx-unprivileged", "redis (999)"):
        assert said in answer.reason
