"""An audit log makes the role, the command line swaps it in: on a real API server."""

import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from k8sharden.export.reports import schema
from tests.e2e.audited import BINDING, Audited
from tests.e2e.proxy import Answered, Asked, Forward, between, through
from tests.e2e.run import MAIN, Person
from tests.e2e.test_swap import cluster

__all__ = ["cluster"]

pytestmark = pytest.mark.real


def chosen(cluster: Audited) -> tuple[str, ...]:
    """Return the words that select the deployer's binding, with the log of its job."""
    return ("--resource", "ClusterRoleBinding//deployer", "--audit-log", str(cluster.log))


def person_at(cluster: Audited, home: Path, user: str = "admin") -> Person:
    """Return somebody at a shell with this user's kubeconfig."""
    return Person(home, KUBECONFIG=str(cluster.server.kubeconfig(user)))


def digest(person: Person, *words: str) -> str:
    """Return the digest of a plan."""
    planned = person("plan", *words, "-o", "json")
    assert planned.code == 0, planned.err
    return str(planned.json()["digest"])


def test_the_log_makes_the_role(cluster: Audited, tmp_path: Path) -> None:
    """The role is what the job used: afterwards it passes, all else is denied, undo restores."""
    before = cluster.rbac()
    person = person_at(cluster, tmp_path)
    approved = digest(person, *chosen(cluster))
    words = ("apply", *chosen(cluster), "--yes", "--digest", approved, "-o", "json")
    swapped = person(*words)
    assert swapped.code == 0, swapped.err
    document = swapped.json()
    jsonschema.validate(document, schema("plan"))
    (change,) = document["changes"]
    assert (change["kind"], change["risk"], change["result"]) == ("group", "access", "verified")
    assert "The API server confirms it: " in swapped.err
    assert 403 not in cluster.job()
    assert set(cluster.others()) == {403}
    assert "The API server is asked about" in person("journal", "show", change["journal"]).out
    undone = person.approve("journal", "undo", change["journal"])
    assert undone.code == 0, undone.err
    assert "given" in undone.err
    assert cluster.rbac() == before
    assert 403 not in cluster.others()


def test_a_lost_right_brings_the_old_binding_back(cluster: Audited, tmp_path: Path) -> None:
    """Somebody deletes a new role in between: all is as before, the exit code says 4."""
    before = cluster.rbac()

    def meddle(asked: Asked, forward: Forward) -> Answered:
        answer = forward()
        if asked.method == "DELETE" and asked.path == BINDING and not asked.dry:
            made = set(cluster.rbac()) - set(before)
            role = next(key for key in sorted(made) if key.startswith(("roles/", "clusterroles/")))
            plural, space, name = role.split("/")
            where = f"namespaces/{space}/" if space else ""
            cluster.server.request(
                "DELETE", f"/apis/rbac.authorization.k8s.io/v1/{where}{plural}/{name}"
            ).expect(200)
        return answer

    person = person_at(cluster, tmp_path)
    approved = digest(person, *chosen(cluster))
    with between(cluster.server, meddle) as address:
        config = through(address, cluster.server.kubeconfig(), tmp_path)
        words = ("apply", *chosen(cluster), "--yes", "--digest", approved)
        failed = person(*words, env={"KUBECONFIG": str(config)})
    assert failed.code == 4, failed
    assert "Denied, though it was to stay: " in failed.err
    assert "What was written before was taken back." in failed.err
    assert "To take it all back" not in failed.err
    assert cluster.rbac() == before
    cluster.server.wait_until(lambda: 403 not in cluster.job(), "the job passes again")


def test_killed_while_it_asks(cluster: Audited, tmp_path: Path) -> None:
    """The journal says that nobody asked to the end; what stands can be taken back."""
    before = cluster.rbac()
    person = person_at(cluster, tmp_path)
    approved = digest(person, *chosen(cluster))
    running: list[subprocess.Popen[bytes]] = []
    gone: list[bool] = []

    def kill(asked: Asked, forward: Forward) -> Answered | None:
        if gone and asked.path.endswith("/subjectaccessreviews"):
            running[0].kill()
            return None
        gone.extend([True] * (asked.method == "DELETE" and not asked.dry))
        return forward()

    with between(cluster.server, kill) as address:
        config = through(address, cluster.server.kubeconfig(), tmp_path)
        words = ["apply", *chosen(cluster), "--yes", "--digest", approved]
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", MAIN, *words],
                cwd=tmp_path,
                env={**person.environment, "KUBECONFIG": str(config)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        assert running[0].wait(timeout=120) == -9
    assert "No change of this cluster was interrupted." in person("journal", "recover").err
    (entry,) = person("journal", "list", "-o", "json").json()
    assert entry["state"] == "applied"
    assert "was not asked to the end" in entry["detail"]
    undone = person.approve("journal", "undo", entry["id"])
    assert undone.code == 0, undone.err
    assert cluster.rbac() == before


def test_who_may_not_ask(cluster: Audited, tmp_path: Path) -> None:
    """The review says so, the swap is applied and not verified, and can be taken back."""
    before = cluster.rbac()
    person = person_at(cluster, tmp_path, "silent")
    asked = person("apply", *chosen(cluster))
    assert "Afterwards nobody can ask the API server about" in asked.err, asked
    swapped = person.approve("apply", *chosen(cluster), "-o", "json")
    assert swapped.code == 5, swapped
    (change,) = swapped.json()["changes"]
    assert change["result"] == "applied"
    assert "The API server was not asked about" in swapped.err
    assert 403 not in cluster.job()
    undone = person.approve("journal", "undo", change["journal"])
    assert undone.code == 5, undone
    assert cluster.rbac() == before


def test_who_has_less_cannot_grant_it(cluster: Audited, tmp_path: Path) -> None:
    """What the server refuses at the dry run stops the plan: exit code 4, nothing changed."""
    before = cluster.rbac()
    person = person_at(cluster, tmp_path, "swapper")
    refused = person("apply", *chosen(cluster))
    assert refused.code == 4
    assert "attempting to grant RBAC permissions not currently held" in refused.err
    assert "Nothing was changed." in refused.err
    assert cluster.rbac() == before


AGAIN = """
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: deployer-again}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{kind: ServiceAccount, name: deployer, namespace: ci}]
"""


def test_two_bindings_of_one_account_are_swapped_by_one_plan(
    cluster: Audited, tmp_path: Path
) -> None:
    """Only the second swap takes what both gave, and asks about it; each can be undone first."""
    cluster.server.kubectl("apply", "-f", "-", input=AGAIN)
    before = cluster.rbac()
    person = person_at(cluster, tmp_path)
    both = (*chosen(cluster), "--resource", "ClusterRoleBinding//deployer-again")
    approved = digest(person, *both)
    swapped = person("apply", *both, "--yes", "--digest", approved, "-o", "json")
    assert swapped.code == 0, swapped.err
    changes = swapped.json()["changes"]
    assert [each["result"] for each in changes] == ["verified", "verified"]
    confirmed = [line for line in swapped.err.splitlines() if "The API server confirms it" in line]
    assert ["gone" in line for line in confirmed] == [False, True], swapped.err
    assert 403 not in cluster.job()
    assert set(cluster.others()) == {403}
    for each in changes:
        undone = person.approve("journal", "undo", each["journal"])
        assert undone.code == 0, undone.err
        assert 403 not in cluster.job()
    assert cluster.rbac() == before
    cluster.server.kubectl("delete", "clusterrolebinding", "deployer-again")
