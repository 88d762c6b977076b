"""Bad input: what is odd is unknown itself and no other, what is huge costs in proportion."""

import copy
import sys
from collections.abc import Callable, Iterator
from io import BytesIO
from types import FrameType
from typing import Any

import pytest
import yaml

from k8sharden.analysis.assess import Assessment, assess
from k8sharden.changes.make import make_plan
from k8sharden.changes.plan import Plan
from k8sharden.export.sources import inventory_from, read_sources
from k8sharden.model import kinds
from k8sharden.model.finding import Finding, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.ref import Ref
from remediations import OWN
from tests.remediations import harness
from tests.remediations.harness import Document
from tests.remediations.leaves import Place

SHOP = "shop"
WEB = kinds.DEPLOYMENTS.ref(SHOP, "web")
NEIGHBOUR = kinds.DEPLOYMENTS.ref(SHOP, "neighbour")
TEMPLATES = tuple(item for item in OWN if item.needs == kinds.WORKLOADS and not item.live_only)


def container(name: str) -> Document:
    """Return a container that says something in every field that some item looks at."""
    handler = {"httpGet": {"host": "10.0.0.1", "path": "/", "port": 80}}
    return {
        "name": name,
        "image": "registry.kestrel.example/shop/web:1",
        "imagePullPolicy": "Always",
        "command": ["web"],
        "args": ["--pid-file=/run/web/pid"],
        "workingDir": "/srv",
        "ports": [{"name": "http", "containerPort": 80, "hostPort": 80, "protocol": "TCP"}],
        "env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}],
        "volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": True, "subPath": "x"}],
        "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": 1}},
        "securityContext": {
            "privileged": True,
            "allowPrivilegeEscalation": True,
            "readOnlyRootFilesystem": False,
            "runAsNonRoot": False,
            "runAsUser": 0,
            "procMount": "Unmasked",
            "capabilities": {"add": ["SYS_ADMIN"], "drop": ["ALL"]},
            "seccompProfile": {"type": "Unconfined", "localhostProfile": "p"},
            "appArmorProfile": {"type": "Unconfined", "localhostProfile": "p"},
            "seLinuxOptions": {"type": "spc_t", "user": "u", "role": "r", "level": "l"},
            "windowsOptions": {"hostProcess": True, "runAsUserName": "u"},
        },
        "livenessProbe": handler,
        "readinessProbe": {"tcpSocket": {"host": "10.0.0.1", "port": 80}},
        "startupProbe": handler,
        "lifecycle": {"postStart": handler, "preStop": handler},
        "restartPolicy": "Always",
    }


def deployment(name: str = "web") -> Document:
    """Return a Deployment with everything wrong, and every type right."""
    spec = {
        "containers": [container("web")],
        "initContainers": [container("first")],
        "volumes": [
            {"name": "v", "hostPath": {"path": "/", "type": "Directory"}},
            {"name": "w", "gitRepo": {"repository": "https://example.org/r.git"}},
        ],
        "securityContext": {
            "runAsNonRoot": False,
            "runAsUser": 0,
            "fsGroup": 0,
            "sysctls": [{"name": "kernel.msgmax", "value": "1"}],
            "seccompProfile": {"type": "Unconfined"},
            "appArmorProfile": {"type": "Unconfined"},
            "seLinuxOptions": {"type": "spc_t"},
            "windowsOptions": {"hostProcess": True},
        },
        "serviceAccountName": "default",
        "automountServiceAccountToken": True,
        "hostNetwork": True,
        "hostPID": True,
        "hostIPC": True,
        "hostUsers": True,
        "nodeName": "worker-1",
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "os": {"name": "linux"},
    }
    profile = "container.apparmor.security.beta.kubernetes.io/web"
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": SHOP, "labels": {"app": name}},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}, "annotations": {profile: "unconfined"}},
                "spec": spec,
            },
        },
    }


def read(documents: list[Document]) -> Inventory:
    """Read objects as ``scan -f -`` does."""
    text = yaml.dump_all(documents, Dumper=yaml.CSafeDumper)
    return inventory_from(read_sources(["-"], BytesIO(text.encode())))


def scanned(inventory: Inventory, documents: list[Document]) -> tuple[Assessment, Plan]:
    """Return what all items say, and the plan of everything that they would change."""
    assessment = assess(OWN, inventory)
    objects = {harness.ref_of(each): each for each in documents}
    return assessment, make_plan(assessment.findings, inventory, OWN, objects.get)


def said_of(found: Assessment, ref: Ref) -> dict[str, Finding]:
    """Return what is said of one object, by check and locus."""
    return {f"{each.check} {each.locus}": each for each in found.findings if each.resource == ref}


def broken(found: Assessment, plan: Plan) -> list[str]:
    """Return the checks and fixes that raised something instead of answering."""
    checks = [f"{each.check}: {each.message}" for each in found.findings if each.locus == "check"]
    return checks + [each.reason for each in plan.unfixed if "fix itself failed" in each.reason]


def places(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every leaf and every branch of an object, with what stands there."""
    steps = value.items() if isinstance(value, dict) else ()
    for step, inner in enumerate(value) if isinstance(value, list) else steps:
        yield (*place, step), inner
        yield from places(inner, (*place, step))


def replaced(document: Document, place: Place, wrong: object) -> Document:
    """Return the object with something else at a place."""
    result = copy.deepcopy(document)
    *way, last = place
    here: Any = result
    for step in way:
        here = here[step]
    here[last] = wrong
    return result


# What names an object is a matter of reading it, and what no item reads is left alone.
NAMES = (("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace"))
UNREAD = (
    ("httpGet", "path"),
    ("httpGet", "port"),
    ("tcpSocket", "port"),
    ("secretKeyRef", "name"),
    ("secretKeyRef", "key"),
    ("hostPath", "type"),
    ("gitRepo", "repository"),
    ("selector", "matchLabels"),
    ("matchLabels", "app"),
)
PLACES = [(place, good) for place, good in places(deployment()) if place not in NAMES]
WRONG: dict[str, object] = {
    "text": "wrong",
    "number": 7,
    "fraction": 1.5,
    "truth": True,
    "null": None,
    "list": ["wrong"],
    "mapping": {"wrong": "wrong"},
    "lists": [[["wrong"]]],
    "nulls": [None],
    "empty-list": [],
    "empty-mapping": {},
}


def must_be_odd(place: Place, good: object, wrong: object) -> bool:
    """Whether the API server would not take the object, for the type of what stands there."""
    quantity = place[-1] in ("memory", "cpu") and isinstance(wrong, int | float | str)
    return not (quantity or place[-2:] in UNREAD or wrong is None) and type(good) is not type(wrong)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_type_makes_its_object_unknown_and_no_other(wrong: object) -> None:
    """Wherever it stands: no check and no fix breaks, and the neighbour is judged as ever."""
    good = [deployment("neighbour")]
    expected = said_of(scanned(read(good), good)[0], NEIGHBOUR)
    assert len(expected) > len(TEMPLATES) // 2
    odd = [replaced(deployment(f"web-{n}"), place, wrong) for n, (place, _) in enumerate(PLACES)]
    found, plan = scanned(read([*odd, *good]), [*odd, *good])
    assert broken(found, plan) == []
    assert said_of(found, NEIGHBOUR) == expected
    for number, (place, value) in enumerate(PLACES):
        mine = said_of(found, kinds.DEPLOYMENTS.ref(SHOP, f"web-{number}")).values()
        if must_be_odd(place, value, wrong):
            assert {each.status for each in mine} == {Status.UNKNOWN}, place
            assert {item.id for item in TEMPLATES} <= {each.check for each in mine}, place
            assert all("standard input:" in each.message for each in mine), place


@pytest.mark.parametrize("nothing", [None, []], ids=["null", "empty"])
@pytest.mark.parametrize(
    "field", ["containers", "initContainers", "ephemeralContainers", "volumes"]
)
def test_a_list_without_anything_in_it_is_no_defect(field: str, nothing: object) -> None:
    """Lists are null or empty in templates that somebody is still writing."""
    good = [deployment("neighbour")]
    expected = said_of(scanned(read(good), good)[0], NEIGHBOUR)
    odd = replaced(deployment(), ("spec", "template", "spec", field), nothing)
    inventory = read([odd, *good])
    found, plan = scanned(inventory, [odd, *good])
    assert inventory.odd == ()
    assert broken(found, plan) == []
    assert said_of(found, NEIGHBOUR) == expected


def test_containers_of_one_name_are_judged_and_break_no_plan() -> None:
    """The API server refuses two of one name, and a file may hold them all the same."""
    twice = deployment()
    pod = twice["spec"]["template"]["spec"]
    pod["containers"] += [container("web"), {"name": "web", "image": "web"}, container("")]
    pod["initContainers"] += [container("web")]
    found, plan = scanned(read([twice]), [twice])
    assert broken(found, plan) == []
    assert {each.status for each in said_of(found, WEB).values()} == {Status.FAIL}
    answered = {name for planned in plan.changes for name in planned.findings}
    answered |= {each.finding for each in plan.unfixed}
    assert answered >= {each.id for each in said_of(found, WEB).values()}


def crowded(containers: int) -> Document:
    """Return a Deployment with this many containers, each with everything wrong."""
    document = deployment()
    document["spec"]["template"]["spec"]["containers"] = [
        container(f"web-{number}") for number in range(containers)
    ]
    return document


def calls(work: Callable[[], object]) -> int:
    """Count the functions that are called: a time that is the same on every machine."""
    counted = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counted


def test_a_pod_with_a_thousand_containers_costs_in_proportion() -> None:
    """Judged by all items, and planned: ten times the containers, about ten times the work."""
    hundred, thousand = crowded(100), crowded(1000)
    few, many = read([hundred]), read([thousand])
    least = calls(lambda: scanned(few, [hundred]))
    assert calls(lambda: scanned(many, [thousand])) < 13 * least


def test_a_pod_with_a_thousand_containers_is_mended_whole() -> None:
    """One write for all of them, none left out."""
    document = crowded(1000)
    found, plan = scanned(read([document]), [document])
    assert broken(found, plan) == []
    change = next(planned for planned in plan.changes if planned.ref == WEB)
    assert len(change.bound) == 1
    steps = {str(step) for field in change.bound[0].fields for step in field.path}
    assert {f"web-{number}" for number in range(1000)} <= {
        name.split("'")[-2] for name in steps if name.startswith("Named(")
    }
