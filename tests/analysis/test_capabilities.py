"""Capabilities: what a container adds, what it needs, and the one way in which it loses them."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.capabilities import (
    added,
    command_line,
    dropped,
    is_almighty,
    low_port,
    need,
    plain,
)
from k8sharden.analysis.capability_fixes import narrow, take_all
from k8sharden.analysis.containers import Fix
from k8sharden.model.change import NoChange
from k8sharden.model.edits import edited
from k8sharden.model.facts import Facts, ImageFact
from k8sharden.model.pods import Container, PodSpec
from k8sharden.model.workloads import workloads
from tests.remediations import harness
from tests.remediations.harness import Document


def _container(image: str = "web:1", *command: str, **context: Any) -> Container:
    value = {"name": "web", "image": image, "command": command, "securityContext": context}
    return msgspec.convert(value, Container)


def _docs(container: Document, **pod: Any) -> list[Document]:
    spec = {"containers": [{"name": "web", "image": "web:1", **container}], **pod}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": {"spec": spec}},
        }
    ]


def _capabilities(container: Document, user: str | None = None, **pod: Any) -> tuple[Any, Fix]:
    """Return the capabilities that the fix of the restricted standard leaves, and the fix."""
    docs = _docs(container, **pod)
    facts = {} if user is None else {"web:1": ImageFact("web:1", user=user)}
    inventory = msgspec.structs.replace(harness.inventory(docs), facts=Facts(facts))
    (workload,) = workloads(inventory)
    fix = take_all(workload, inventory, "Drop")
    assert isinstance(fix, Fix)
    after = edited(docs[0], fix.edits)["spec"]["template"]["spec"]["containers"][0]
    return after["securityContext"]["capabilities"], fix


def _reason(container: Document, **pod: Any) -> str:
    inventory = harness.inventory(_docs(container, **pod))
    (workload,) = workloads(inventory)
    answer = take_all(workload, inventory, "Drop")
    assert isinstance(answer, NoChange)
    return answer.reason


def _adds(*names: str, drop: list[str] | None = None) -> Document:
    return {"securityContext": {"capabilities": {"add": list(names), "drop": drop or []}}}


@pytest.mark.parametrize("name", ["SYS_ADMIN", "CAP_SYS_ADMIN", "sys_admin", "cap_sys_admin"])
def test_a_capability_is_known_by_every_spelling(name: str) -> None:
    """Runtimes take all of them, and so does whoever wants to hide one."""
    assert plain(name) == "SYS_ADMIN"
    container = _container(capabilities={"add": [name], "drop": [name]})
    assert added(container) == dropped(container) == {"SYS_ADMIN"}
    assert is_almighty(container)


def test_who_is_privileged_is_almighty_and_who_adds_little_is_not() -> None:
    """These are the containers beside which the API server refuses to deny escalation."""
    assert is_almighty(_container(privileged=True))
    assert is_almighty(_container(capabilities={"add": ["ALL"]}))
    assert not is_almighty(_container(capabilities={"add": ["NET_ADMIN"]}))
    assert not is_almighty(_container())


@pytest.mark.parametrize(
    ("container", "capability", "said"),
    [
        (_container("prom/blackbox-exporter:v0.27"), "NET_RAW", "blackbox-exporter sends"),
        (_container("web:1", "sh", "-c", "while ping -c1 db; do :; done"), "NET_RAW", "ping sends"),
        (_container("web:1", "/usr/sbin/chronyd", "-d"), "SYS_TIME", "chronyd sets the clock"),
        (_container("web:1", "sh", "-c", "mount -t nfs a:/ /mnt"), "SYS_ADMIN", "mount mounts"),
        (_container("lscr.io/linuxserver/wireguard"), "NET_ADMIN", "wireguard changes"),
        (_container("hashicorp/vault:1.20"), "IPC_LOCK", "vault locks its memory"),
        (_container("web:1", "sh", "-c", "chown -R 1 /data"), "CHOWN", "chown changes owners"),
        (_container("web:1", "gosu", "web", "serve"), "SETUID", "gosu becomes another user"),
    ],
)
def test_a_program_that_needs_a_capability_is_named(
    container: Container, capability: str, said: str
) -> None:
    """By its image, or by a word of its command line."""
    assert need(container, capability).startswith(said)


@pytest.mark.parametrize(
    ("container", "capability"),
    [
        (_container("web:1", "serve", "--mount=/data"), "SYS_ADMIN"),
        (_container("web:1", "serve", "mountain"), "SYS_ADMIN"),
        (_container("web:1", "/app/ping-service"), "NET_RAW"),
        (_container("chrony:1"), "NET_ADMIN"),
        (_container("wireguard:1"), "CHOWN"),
        (_container("not an image"), "NET_RAW"),
    ],
)
def test_what_only_looks_like_a_need_is_none(container: Container, capability: str) -> None:
    """A word inside another word runs nothing, and a need is that of one capability."""
    assert need(container, capability) == ""


def test_a_hostile_command_line_is_cut() -> None:
    """A megabyte of arguments costs no more than a page."""
    assert len(command_line(_container("web:1", "a " * 500_000))) == 20_000


@pytest.mark.parametrize(
    ("ports", "sysctl", "port"),
    [
        ([8080], None, 0),
        ([8080, 443, 80], None, 80),
        ([1024], None, 0),
        ([1023], None, 1023),
        ([80], "0", 0),
        ([80, 443], "443", 80),
        ([80], "81", 80),
        ([80], "80", 0),
        ([80], "many", 80),
        ([80], "9" * 5_000, 80),
        ([0], None, 0),
    ],
)
def test_a_low_port_is_one_that_not_everybody_may_bind(
    ports: list[int], sysctl: str | None, port: int
) -> None:
    """Below 1024, unless a sysctl of the pod opens it; nonsense opens nothing."""
    name = "net.ipv4.ip_unprivileged_port_start"
    sysctls = [{"name": name, "value": sysctl}] if sysctl is not None else None
    spec = msgspec.convert({"securityContext": {"sysctls": sysctls}}, PodSpec)
    value = {"name": "web", "ports": [{"containerPort": each} for each in ports]}
    assert low_port(spec, msgspec.convert(value, Container)) == port


LOW = [{"containerPort": 80}]


@pytest.mark.parametrize(
    ("container", "left"),
    [
        ({}, {"drop": ["ALL"]}),
        (_adds("CHOWN"), {"drop": ["ALL"]}),
        (_adds("NET_BIND_SERVICE"), {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        (_adds("CAP_NET_BIND_SERVICE"), {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        ({"ports": LOW}, {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        ({"ports": LOW, **_adds("ALL")}, {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        ({"ports": LOW, **_adds("CHOWN", drop=["ALL"])}, {"drop": ["ALL"]}),
        ({"ports": LOW, **_adds(drop=["NET_BIND_SERVICE"])}, {"drop": ["ALL"], "add": []}),
        (_adds("SYS_PTRACE", drop=["ALL", "NET_RAW"]), {"drop": ["ALL", "NET_RAW"]}),
        (_adds(drop=["all"]), {"drop": ["ALL"], "add": []}),
    ],
)
def test_nothing_is_left_but_what_a_low_port_needs(
    container: Document, left: dict[str, Any]
) -> None:
    """NET_BIND_SERVICE is kept where it was there, never given; what is right already stays."""
    assert _capabilities(container)[0] == left


def test_both_standards_leave_the_same_list_of_additions() -> None:
    """One list cannot have two values: both items write the very same edit, or none."""
    container = {"ports": LOW, **_adds("SYS_PTRACE", "CHOWN")}
    inventory = harness.inventory(_docs(container))
    (workload,) = workloads(inventory)
    baseline, restricted = narrow(workload, "x"), take_all(workload, inventory, "x")
    assert isinstance(baseline, Fix)
    assert isinstance(restricted, Fix)
    assert baseline.edits
    assert [edit for edit in baseline.edits if edit not in restricted.edits] == []


def test_a_process_that_is_not_root_has_nothing_to_be_tested() -> None:
    """Capabilities never reached it."""
    assert _capabilities({"securityContext": {"runAsUser": 10001}})[1].warnings == ()
    assert _capabilities({}, user="10001")[1].warnings == ()


@pytest.mark.parametrize(("user", "runs"), [("0", "runs as root"), (None, "may run as root")])
def test_root_without_capabilities_has_to_be_tested(user: str | None, runs: str) -> None:
    """Root that cannot change owners is an odd kind of root."""
    (warning,) = _capabilities({}, user=user)[1].warnings
    assert warning.startswith(f"Needs testing: container web {runs}, and without capabilities")


def test_what_was_added_with_no_sign_of_a_use_has_to_be_tested() -> None:
    """Somebody wrote it down once; what was dropped and given back goes as well."""
    fix = _capabilities({"securityContext": {"runAsUser": 1, **_adds("X")["securityContext"]}})[1]
    assert fix.warnings == (
        "Needs testing: somebody gave container web X, and nothing in the manifest shows what for.",
    )
    given = _adds("CHOWN", drop=["ALL"])["securityContext"]
    assert _capabilities({"securityContext": {"runAsUser": 1, **given}})[1].warnings == (
        "Needs testing: container web drops ALL and adds CHOWN back, which goes as well.",
    )


def test_pings_are_tested_and_not_refused() -> None:
    """Runtimes of today let everybody send them."""
    container = {"command": ["ping", "db"], "securityContext": {"runAsUser": 1}}
    container["securityContext"] |= _adds("NET_RAW")["securityContext"]
    (warning,) = _capabilities(container)[1].warnings
    assert "in container web ping sends pings" in warning
    assert "ping_group_range" in warning


def test_a_low_port_of_a_process_that_is_not_root_is_explained() -> None:
    """The capability reaches it through the program's file only."""
    context = {"securityContext": {"runAsUser": 10001}}
    (warning,) = _capabilities({"ports": LOW, **context})[1].warnings
    assert warning.startswith("NET_BIND_SERVICE is kept for port 80 of container web.")


def test_an_image_that_steps_down_keeps_its_capabilities() -> None:
    """It could not start; the reason names the user to start it as, which is never written."""
    said = _reason({"image": "redis:8"})
    assert "redis (999)" in said
    assert "runAsUser" in said
    assert "nginxinc/nginx-unprivileged" in _reason({"image": "nginx"})


@pytest.mark.parametrize(
    "container",
    [
        {"image": "redis:8", "command": ["redis-server"]},
        {"image": "redis:8", "securityContext": {"runAsUser": 999}},
        {"image": "redis:8", "securityContext": {"runAsNonRoot": True}},
        {"image": "node:24"},
    ],
)
def test_an_image_that_cannot_step_down_loses_them(container: Document) -> None:
    """Its entrypoint is not run, or it is not root, or it never steps down."""
    assert _capabilities(container)[0] == {"drop": ["ALL"]}


def test_an_agent_of_the_nodes_that_may_be_root_keeps_its_capabilities() -> None:
    """It would not reach what belongs to others; as a user of its own it has nothing to lose."""
    container = {"name": "fluent-bit", "image": "mirror.example/fluent-bit:4"}
    assert "looks like a log collector and may be root" in _reason(container, hostPID=True)
    asked = {**container, "securityContext": {"runAsUser": 1000}}
    assert _capabilities(asked, hostPID=True)[0] == {"drop": ["ALL"]}
    assert _capabilities(container)[0] == {"drop": ["ALL"]}


def test_each_need_is_named_with_its_capability() -> None:
    """ALL is what each of the known needs may need."""
    container = {"command": ["sh", "-c", "modprobe wireguard; chronyd"], **_adds("ALL")}
    said = _reason(container)
    assert "chronyd sets the clock (SYS_TIME), modprobe loads kernel modules (SYS_MODULE)" in said


@pytest.mark.parametrize("drop", [[], ["NET_ADMIN"]])
def test_who_pings_by_what_the_runtime_gives_has_to_be_tested(drop: list[str]) -> None:
    """NET_RAW is in the usual set of containerd: nobody had to add it."""
    pinging = {"command": ["sh", "-c", "ping -c1 db && serve"]}
    context = {"runAsUser": 10001, "capabilities": {"drop": drop}}
    (warning,) = _capabilities({**pinging, "securityContext": context})[1].warnings
    assert warning.startswith("Needs testing: in container web ping sends pings")


def test_who_could_not_ping_before_loses_nothing() -> None:
    """Without NET_RAW today, dropping the rest takes no ping away."""
    context = {"runAsUser": 10001, "capabilities": {"drop": ["NET_RAW"]}}
    container = {"command": ["ping", "db"], "securityContext": context}
    assert _capabilities(container)[1].warnings == ()


@pytest.mark.parametrize(
    ("drop", "left"),
    [
        ([], {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}),
        (["NET_BIND_SERVICE"], {"drop": ["ALL"]}),
    ],
)
def test_a_program_that_carries_a_capability_keeps_it(
    drop: list[str], left: dict[str, Any]
) -> None:
    """The kernel starts no file whose capabilities are dropped, whatever port it binds."""
    docs = {"image": "caddy:2", "ports": [{"containerPort": 8080}], **_adds(drop=drop)}
    found = {key: value for key, value in _capabilities(docs)[0].items() if value}
    assert found == left


def test_root_that_changes_owners_keeps_what_that_takes() -> None:
    """The reason names the program, and a way that needs no root."""
    reason = _reason({"command": ["chown", "1", "/data"], "securityContext": {"runAsUser": 0}})
    assert reason.startswith("Container web is root, and chown changes owners (CHOWN).")
    assert "fsGroup" in reason


def test_beyond_the_usual_set_such_a_root_needs_nothing() -> None:
    """What the baseline standard forbids goes, since the usual set is left to it."""
    inventory = harness.inventory(_docs({"command": ["chown", "1", "/data"], **_adds("ALL")}))
    (workload,) = workloads(inventory)
    assert isinstance(narrow(workload, "x"), Fix)
