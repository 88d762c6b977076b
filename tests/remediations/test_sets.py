"""Whole sets of manifests, hardened by every item on pod templates together.

The sets are written in the manner of popular projects; `sets/truth.yaml` says by hand which
workloads need their node, and which stay below restricted although they do not.
"""

from typing import Any

import pytest
import yaml

from k8sharden.analysis.pod_security.evaluate import Violation
from k8sharden.analysis.pod_security.level import Level
from k8sharden.analysis.system import is_system_namespace
from k8sharden.changes.bind import UNSET, FieldChange
from k8sharden.model.change import Change, Named, show_path
from k8sharden.model.pods import Container, SecurityContext, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.workloads import Workload
from tests.remediations.hardening import (
    ITEMS,
    NAMES,
    SETS,
    Hardened,
    found,
    hardened,
    judged,
    left,
    level,
)
from tests.remediations.harness import Document
from tests.remediations.leaves import Place, differences, reverted
from tests.servers.control_plane import ControlPlane

TRUTH: dict[str, Any] = yaml.safe_load((SETS / "truth.yaml").read_text("utf-8"))
LEAST = 0.9
"""The share of the workloads without need of their node that has to reach restricted."""


EXPLAINS = {
    "allowPrivilegeEscalation": ("pss-allow-privilege-escalation",),
    "appArmorProfile": ("pss-apparmor", "rt-apparmor"),
    "capabilities_baseline": ("pss-capabilities-baseline",),
    "capabilities_restricted": ("pss-capabilities-restricted", "pss-capabilities-baseline"),
    "hostNamespaces": ("pss-host-namespaces",),
    "hostPathVolumes": ("pss-host-path",),
    "hostPorts": ("pss-host-ports",),
    "hostProbesAndHostLifecycle": ("pss-host-probes",),
    "privileged": ("pss-privileged",),
    "procMount": ("pss-proc-mount",),
    "procMount_restricted": ("pss-proc-mount",),
    "restrictedVolumes": ("pss-volume-types", "pss-host-path", "rt-gitrepo"),
    "runAsNonRoot": ("pss-run-as-non-root", "pss-run-as-user"),
    "runAsUser": ("pss-run-as-user",),
    "seLinuxOptions": ("pss-selinux",),
    "seccompProfile_baseline": ("rt-seccomp",),
    "seccompProfile_restricted": ("rt-seccomp",),
    "sysctls": ("pss-sysctls",),
    "windowsHostProcess": ("pss-windows-host-process",),
}
"""The items whose reason can be why a control still refuses."""


def own(everything: Hardened) -> list[Ref]:
    """Return the workloads that are somebody's own, and not the cluster's."""
    return [ref for ref in everything.before if not is_system_namespace(ref.namespace)]


def restricted(everything: Hardened, ref: Ref) -> bool:
    """Whether a workload reaches restricted in the end."""
    return level(everything.after[ref]) is Level.RESTRICTED


@pytest.mark.parametrize("name", NAMES)
def test_nine_of_ten_workloads_that_need_no_node_reach_restricted(name: str) -> None:
    """The others are those that the truth table knows, no more and no fewer."""
    everything, truth = hardened(name), TRUTH[name]
    free = [ref for ref in own(everything) if ref.label not in truth["host access"]]
    reached = [ref for ref in free if restricted(everything, ref)]
    print(f"{name}: {len(reached)} of {len(free)} reach restricted, {len(reached) / len(free):.0%}")  # noqa: T201 - the figure is what one asks for
    assert {ref.label for ref in free} - {ref.label for ref in reached} == set(truth["stays"])
    assert len(reached) >= LEAST * len(free)


@pytest.mark.parametrize("name", NAMES)
def test_a_workload_that_needs_its_node_is_known_by_hand(name: str) -> None:
    """Nothing is excused that would pass, and the cluster's own parts are never changed."""
    everything = hardened(name)
    labels = {ref.label: ref for ref in own(everything)}
    for label, why in TRUTH[name]["host access"].items():
        assert not restricted(everything, labels[label]), label
        assert why
    system = [ref for ref in everything.before if is_system_namespace(ref.namespace)]
    assert [ref.label for ref in system if everything.changes(ref)] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_stays_below_restricted_says_exactly_why(name: str) -> None:
    """Every control that still refuses has a finding with its reason, which names who is meant."""
    everything = hardened(name)
    for ref in own(everything):
        reasons = everything.reasons(ref)
        said = " ".join(reason for _, reason in reasons)
        for violation in left(everything.after[ref]):
            mine = [why for each, why in reasons if each.check in EXPLAINS[violation.control]]
            assert mine, f"{ref.label}: nothing says why {violation.control} stays"
            assert names(mine, violation, everything.after[ref]), f"{ref.label}: {mine}"
        for row in TRUTH[name]["stays"].get(ref.label, ()):
            assert row["names"] in said, f"{ref.label}: {said}"
            assert row["says"] in said, f"{ref.label}: {said}"
        assert all(reason.endswith(".") for _, reason in reasons)


def names(reasons: list[str], violation: Violation, document: Document) -> bool:
    """Whether reasons name a container at fault, where it is not the only one."""
    several = len(judged(document).spec.containers or ()) > 1
    return not several or any(each in why for each in violation.containers for why in reasons)


@pytest.mark.parametrize("name", NAMES)
def test_no_fix_adds_a_field_that_is_not_needed(name: str) -> None:
    """Taken back alone, each field that was changed costs the level, or brings a finding back.

    The empty volume in place of a folder of the node is no extra: a volume has to have a source.
    """
    everything = hardened(name)
    for ref in (ref for ref in own(everything) if everything.changes(ref)):
        before, after = everything.before[ref]["spec"], everything.after[ref]
        best, known = level(after), found(after)
        for place in differences(before, after["spec"]):
            again = {**after, "spec": reverted(before, after["spec"], place)}
            worse = level(again) < best or found(again) - known
            excused = keeps_port(after["spec"], place) or place[-1] == "emptyDir"
            assert worse or excused, f"{ref.label}: {place}"


def keeps_port(spec: Document, place: Place) -> bool:
    """Whether a difference is the capability that a port below 1024 needs: no level knows ports."""
    if "capabilities" not in place:
        return False
    container: Any = spec
    for step in place[: place.index("securityContext")]:
        container = container[step]
    kept = container["securityContext"]["capabilities"].get("add") == ["NET_BIND_SERVICE"]
    return kept and any(port["containerPort"] < 1024 for port in container["ports"])


@pytest.mark.parametrize("name", NAMES)
def test_no_doubt_is_lost_where_changes_become_one(name: str) -> None:
    """Every warning of every fix stands in the plan."""
    items = {item.id: item for item in ITEMS}
    for one in hardened(name).rounds:
        for planned in one.plan.changes:
            for finding in (one.findings[each] for each in planned.findings):
                alone = items[finding.check].remediate(finding, one.inventory)
                assert isinstance(alone, Change)
                assert set(alone.warnings) <= set(planned.change.warnings)


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_that_may_break_a_program_says_that_it_needs_testing(name: str) -> None:
    """Of each such edit a warning speaks, by the words of its kind and the container's name."""
    everything = hardened(name)
    for ref in own(everything):
        for planned in everything.changes(ref):
            doubts = [each for each in planned.change.warnings if each.startswith("Needs testing")]
            for field in planned.bound[0].fields:
                wanted = doubt(everything.before[ref], field)
                there = any(all(word in said for word in wanted) for said in doubts)
                assert there or not wanted, f"{ref.label}: {show_path(field.path)}: {doubts}"


def doubt(document: Document, field: FieldChange) -> tuple[str, ...]:
    """Return words that a warning about an edit must hold; none where it cannot break anything."""
    workload = judged(document)
    name = next((step.value for step in field.path if isinstance(step, Named)), "")
    seen = {each.container.name: each.container for each in visit_containers(workload.spec)}
    match field.path[-1]:
        case "seccompProfile":
            return ("Needs testing",)
        case "drop" | "runAsNonRoot" if unknown_user(workload, seen.get(str(name))):
            return ("Needs testing", str(name))
        case _ if field.after is UNSET:
            return ("Needs testing",)
        case _:
            return ()


def unknown_user(workload: Workload, container: Container | None) -> bool:
    """Whether neither a manifest nor anybody's documentation says as whom containers run."""
    pod, own = workload.spec.security, container.security if container else SecurityContext()
    asked = {pod.run_as_user, own.run_as_user} != {None}
    every = [container] if container else workload.spec.containers or []
    strangers = [each for each in every if each.image.startswith("registry.kestrel.example/")]
    return bool(strangers) and not (asked or pod.run_as_non_root or own.run_as_non_root)


@pytest.fixture(scope="module")
def namespace(control_plane: ControlPlane) -> str:
    """A namespace that enforces restricted."""
    name = control_plane.create_namespace({"pod-security.kubernetes.io/enforce": "restricted"})
    # There is no controller here that would make it, and no pod is admitted without.
    account = {"metadata": {"name": "default"}}
    path = f"/api/v1/namespaces/{name}/serviceaccounts"
    control_plane.request("POST", path, account).expect(201)
    return name


@pytest.mark.real
@pytest.mark.parametrize("name", NAMES)
def test_the_api_server_admits_what_reaches_restricted(
    control_plane: ControlPlane, namespace: str, name: str
) -> None:
    """Pods of each mended template, tried where restricted is enforced, as the set has them."""
    everything = hardened(name)
    path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All&fieldValidation=Strict"
    for ref, document in everything.after.items():
        answer = control_plane.request("POST", path, pod_of(document)).expect(201, 403)
        assert (answer.status == 201) is restricted(everything, ref), f"{ref.label}: {answer.text}"


OF_THE_CLUSTER = ("serviceAccount", "priorityClassName", "nodeName", "ephemeralContainers")
"""What names objects that are not there, and what no pod has when it is made."""


def pod_of(document: Document) -> Document:
    """Return a pod of a workload, as its controller would make it."""
    outer = document["spec"]
    outer = outer.get("jobTemplate", {}).get("spec", outer)
    template = outer.get("template", {"spec": outer})
    claims = [each["metadata"]["name"] for each in outer.get("volumeClaimTemplates", ())]
    claimed = [{"name": each, "persistentVolumeClaim": {"claimName": each}} for each in claims]
    annotations = template.get("metadata", {}).get("annotations", {})
    spec = {key: value for key, value in template["spec"].items() if key not in OF_THE_CLUSTER}
    return {
        "metadata": {"name": "asked", "annotations": annotations},
        "spec": {
            **spec,
            "serviceAccountName": "default",
            "volumes": [*spec.get("volumes", ()), *claimed],
        },
    }
