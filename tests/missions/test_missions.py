"""Each mission on a fresh cluster: the attack works, is ended, and comes back with an undo."""

import json
from pathlib import Path

import pytest
import yaml

from k8sharden.cluster.api import Api
from k8sharden.cluster.training.control_plane import STATIC_POD
from k8sharden.errors import InputError, Refused
from k8sharden.missions import MISSIONS, LineKind, Mission, Missions, StepKind
from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.places.files import open_files
from k8sharden.places.training import TrainingPlace
from k8sharden.session import Session
from tests.missions.learner import Learner

EACH = pytest.mark.parametrize("mission", MISSIONS, ids=lambda mission: mission.id)
PLAIN = ("not-a-real", "bm90LWEtcmVhb")
"""The training cluster's secret values begin so, as they are and in base64."""


@pytest.fixture
def learner(tmp_path: Path) -> Learner:
    """Somebody who never was here."""
    return Learner(tmp_path)


def test_there_is_one_mission_for_each_area() -> None:
    """The missions stand in the order of the checklist, each with the five steps."""
    assert [mission.area for mission in MISSIONS] == list(Area)
    assert all([step.kind for step in mission.steps] == list(StepKind) for mission in MISSIONS)


@EACH
def test_a_mission_runs_through(learner: Learner, mission: Mission) -> None:
    """Look, see the attack work, fix it, see it fail, read: then the mission is done."""
    assert learner.missions.standing(mission.id).words == "not begun"
    learner.reaches(mission, StepKind.ATTACK)
    assert learner.missions.run(mission.id).report.succeeded
    assert not learner.missions.finish(mission.id).done  # nothing was fixed yet
    learner.reaches(mission, StepKind.AGAIN)
    ran = learner.missions.run(mission.id)
    assert ran.outcome.done
    assert not ran.report.succeeded
    assert learner.missions.finish(mission.id).done
    assert learner.missions.standing(mission.id).words == "done"


@EACH
def test_a_fix_that_is_checked_twice_is_in_both_times(learner: Learner, mission: Mission) -> None:
    """Who still sees the fix is told of the fix, not of the step that comes after it."""
    learner.reaches(mission, StepKind.FIX)
    fix = learner.missions.standing(mission.id).step
    learner.fixes(mission)
    first = learner.missions.finish(mission.id, fix)
    assert first.done
    assert learner.missions.finish(mission.id, fix) == first
    after = learner.missions.standing(mission.id).step
    assert after is not None
    assert after.kind is StepKind.AGAIN
    assert not learner.missions.finish(mission.id, after).done


@EACH
def test_a_fix_that_was_taken_back_is_told(learner: Learner, mission: Mission) -> None:
    """After an undo the attack works again, and the mission goes back to its fix."""
    learner.reaches(mission, StepKind.READ)
    learner.takes_back(mission)
    standing = learner.missions.standing(mission.id)
    assert standing.reopened
    assert standing.words == "step 5 of 5; the attack works again"
    assert not learner.missions.finish(mission.id).done
    assert learner.missions.run(mission.id).report.succeeded
    step = learner.missions.standing(mission.id).step
    assert step is not None
    assert step.kind is StepKind.FIX
    learner.reaches(mission, StepKind.READ)
    assert learner.missions.finish(mission.id).done


@EACH
def test_no_report_shows_a_secret(learner: Learner, mission: Mission) -> None:
    """What an attacker reads is counted and never printed, also where it is readable."""
    report = learner.missions.run(mission.id).report
    shown = "\n".join(line.text for line in report.lines)
    assert not any(value in shown for value in PLAIN)
    assert report.lines[0].kind is LineKind.COMMAND


@EACH
def test_an_attack_leaves_the_cluster_as_it_was(learner: Learner, mission: Mission) -> None:
    """An attack changes nothing that is stored, so that what was scanned still holds."""
    place = learner.session.place
    assert isinstance(place, TrainingPlace)
    before = place.cluster.objects()
    learner.missions.run(mission.id)
    assert place.cluster.objects() == before


@EACH
def test_a_mission_begun_after_the_fix_says_so(learner: Learner, mission: Mission) -> None:
    """Whoever hardened first sees the attack fail, is told why, and can go on."""
    learner.fixes(mission)
    learner.reaches(mission, StepKind.ATTACK)
    ran = learner.missions.run(mission.id)
    assert not ran.report.succeeded
    assert ran.outcome.done
    assert "already" in ran.outcome.words


def test_the_order_of_missions_does_not_matter(learner: Learner) -> None:
    """From the last to the first, all are done in the end, and none undoes another."""
    for mission in reversed(MISSIONS):
        learner.reaches(mission, StepKind.READ)
        assert learner.missions.finish(mission.id).done
    assert {standing.words for standing in learner.missions.all()} == {"done"}
    assert learner.missions.next is None


def test_the_audit_log_names_a_denied_attempt(learner: Learner) -> None:
    """Once RBAC is fixed, the log still says who tried."""
    rbac, audit = MISSIONS[0], MISSIONS[-1]
    learner.fixes(audit)
    allowed = learner.missions.run(audit.id).report.lines
    learner.fixes(rbac)
    denied = learner.missions.run(audit.id).report.lines
    for lines, answer in ((allowed, "allow (200)"), (denied, "forbid (403)")):
        (line,) = [line.text for line in lines if answer in line.text]
        assert "system:serviceaccount:ci:pipeline get secrets payments/card-provider" in line


def test_a_runbook_ends_the_finding(learner: Learner) -> None:
    """After the runbooks the scan proves encryption and auditing by flags, pods and counters."""
    checks = {"sec-etcd-plain", "aud-off"}
    assert checks <= {finding.check for finding in learner.session.scan().findings}
    for mission in MISSIONS:
        if mission.check in checks:
            learner.fixes(mission)
    again = learner.again()
    assert not checks & {finding.check for finding in again.session.scan().findings}


def test_a_runbook_is_taken_back_whole(learner: Learner) -> None:
    """Rolling back leaves the static pod and kubeadm's configuration as they were."""
    before = _control_plane(TrainingPlace(learner.state))
    for name in ("secrets", "audit"):
        learner.missions.carry_out(name)
    pod, kubeadm = _control_plane(_kept(learner))
    for flag in ("encryption-provider-config", "audit-log-path"):
        assert f"--{flag}=" in pod
        assert f"name: {flag}\n" in kubeadm
    for name in ("secrets", "audit"):
        learner.missions.roll_back(name)
    assert _control_plane(_kept(learner)) == before


def _kept(learner: Learner) -> TrainingPlace:
    return TrainingPlace(learner.state)


def _control_plane(place: TrainingPlace) -> tuple[str, str]:
    """Return the API server's static pod, and what kubeadm would make of it at an upgrade."""
    api = Api(place.cluster.transport())
    text = api.get(kinds.CONFIG_MAPS.ref("kube-system", "kubeadm-config"))["data"]
    configuration = yaml.safe_load(text["ClusterConfiguration"])
    pod = json.dumps(api.get(STATIC_POD)["spec"], sort_keys=True)
    return pod, yaml.safe_dump(configuration)


def test_runbooks_refuse_what_they_cannot_do(learner: Learner, tmp_path: Path) -> None:
    """Twice, nothing to take back, no runbook, read-only: each is refused with its reason."""
    with pytest.raises(Refused, match="nothing to take back"):
        learner.missions.roll_back("audit")
    learner.missions.carry_out("audit")
    with pytest.raises(Refused, match="carried out already"):
        learner.missions.carry_out("audit")
    with pytest.raises(InputError, match="no runbook"):
        learner.missions.carry_out("rbac")
    viewer = Session(TrainingPlace(tmp_path, read_only=True), tmp_path)
    with pytest.raises(Refused, match="Read-only"):
        Missions(viewer, tmp_path).carry_out("secrets")


def test_old_pods_count_until_the_rollout_ends(learner: Learner) -> None:
    """A mended template is not enough while pods from before it run, and the outcome says so."""
    (runtime,) = [mission for mission in MISSIONS if mission.id == "runtime"]
    learner.reaches(runtime, StepKind.FIX)
    learner.applies(runtime)
    place = learner.session.place
    assert isinstance(place, TrainingPlace)
    (web,) = [
        each
        for each in place.cluster.objects()
        if (each["kind"], each["metadata"]["name"]) == ("Deployment", "web")
    ]
    place.cluster.load([web | {"status": {"observedGeneration": 2}}])
    outcome = learner.missions.finish("runtime")
    assert not outcome.done
    assert "2 pods from before it still run" in outcome.words


def test_missions_run_nowhere_else(tmp_path: Path) -> None:
    """On any other place than the training cluster no attack can be begun."""
    manifest = tmp_path / "web.yaml"
    manifest.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
    with pytest.raises(InputError, match="training cluster only"):
        Missions(Session(open_files([str(manifest)]), tmp_path), tmp_path)


def test_what_a_mission_needs_may_be_gone(learner: Learner) -> None:
    """A workload that somebody deleted is missed in one sentence that says how to get it back."""
    place = learner.session.place
    assert isinstance(place, TrainingPlace)
    objects = [each for each in place.cluster.objects() if each["metadata"]["name"] != "web"]
    (learner.state / "training.json").write_text(json.dumps(objects))
    with pytest.raises(InputError, match="Deployment shop/web is no longer"):
        learner.again().missions.run("runtime")
