"""Manifests in files: the diff fixes them in place, every other byte as it was."""

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest
from unidiff.patch import PatchSet

from k8sharden.export.reports import schema
from tests.e2e.run import Person

WEB = """\
# The shop's front.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop   # do not move
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web   # main
        image: "nginx:1.25"
        env:
        - {name: DB_PASSWORD, value: hunter2}
        - name: MODE
          value: "0644"
        - name: FAST
          value: "on"
        - name: LEVEL
          value: info
        ports:
        - containerPort: 8080
---
# Where it lives.
apiVersion: v1
kind: Namespace
metadata:
  name: shop
"""
BINDING = """\
apiVersion: v1
kind: List
items:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: ci-pipeline}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
  subjects:
  - {kind: ServiceAccount, name: pipeline, namespace: ci}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: cluster-admin}
  rules:
  - {apiGroups: ["*"], resources: ["*"], verbs: ["*"]}
  - {nonResourceURLs: ["*"], verbs: ["*"]}
"""


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """Somebody in a repository with two manifests."""
    (tmp_path / "apps").mkdir()
    (tmp_path / "apps" / "web.yaml").write_text(WEB)
    (tmp_path / "rbac.yaml").write_text(BINDING)
    return Person(tmp_path)


def test_the_diff_fixes_the_files_in_place(person: Person) -> None:
    """Unidiff reads it, git applies it, only added lines differ, and the findings are gone."""
    files = ("-f", "apps", "-f", "rbac.yaml")
    before = person("scan", *files, "-o", "json").json()
    diff = person("plan", *files, "-o", "diff")
    assert {file.path for file in PatchSet(diff.out)} >= {"apps/web.yaml", "rbac.yaml"}
    assert "hunter2" not in diff.out
    subprocess.run(["git", "apply", "-"], input=diff.out, text=True, cwd=person.home, check=True)
    after = (person.home / "apps/web.yaml").read_text()
    kept = [line for line in after.splitlines() if line in set(WEB.splitlines())]
    assert kept == WEB.splitlines()
    left = person("scan", *files, "-o", "json").json()
    fixed = {finding["id"] for finding in before["findings"]} - {
        finding["id"] for finding in left["findings"]
    }
    assert len(fixed) >= 5
    assert not person("plan", *files, "-o", "json").json()["changes"]


def test_the_plan_of_files_is_as_its_schema_says(person: Person) -> None:
    """Paths are the files as given, secrets are masked, and the digest is the same each time."""
    plans = [person("plan", "-f", "apps", "-o", "json") for _ in range(2)]
    assert plans[0].out == plans[1].out
    document = plans[0].json()
    jsonschema.validate(document, schema("plan"))
    assert "hunter2" not in plans[0].out
    paths = {change["resource"]["kind"]: change["path"] for change in document["changes"]}
    assert paths["Deployment"] == "apps/web.yaml"
    assert paths["NetworkPolicy"] == "apps/networkpolicy-default-deny-ingress.yaml"


def test_standard_input(person: Person) -> None:
    """`-f -` reads a pipe."""
    document = person("scan", "-f", "-", "-o", "json", given=WEB).json()
    jsonschema.validate(document, schema("scan"))
    assert document["source"]["kind"] == "manifests"
    assert document["workloads"][0]["resource"]["name"] == "web"


def test_what_cannot_be_spliced_keeps_its_reason(person: Person) -> None:
    """A template under an anchor is left alone, and the plan says why."""
    text = WEB.replace("    spec:\n      containers", "    spec: &pod\n      containers", 1)
    other = text.replace("name: web\n", "name: web2\n", 1)
    shared = other.split("    spec: &pod")[0] + "    spec: *pod\n"
    (person.home / "apps/web.yaml").write_text(text)
    (person.home / "shared.yaml").write_text(shared)
    ran = person("plan", "-f", "apps", "-o", "json")
    document = ran.json()
    reasons = " ".join(unfixed["reason"] for unfixed in document["unfixed"])
    assert "anchor" in reasons
    assert "shared.yaml" in person("scan", "-f", "shared.yaml").one_line(2)


def test_absolute_and_dotted_paths(person: Person) -> None:
    """However a file is named, the patch applies from the working folder."""
    for name in ("./apps/web.yaml", str(person.home / "apps" / "web.yaml")):
        diff = person("plan", "-f", name, "-o", "diff").out
        assert "--- a/apps/web.yaml" in diff


def test_files_are_never_applied(person: Person) -> None:
    """`apply` takes a cluster; for files it says what to use."""
    assert person("apply", "-f", "apps").code == 2


def test_json_files_stay_json(person: Person) -> None:
    """A JSON manifest is fixed in place too."""
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}
    (person.home / "ns.json").write_text(json.dumps(namespace, indent=2) + "\n")
    diff = person("plan", "-f", "ns.json", "-o", "diff").out
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=person.home, check=True)
    labels = json.loads((person.home / "ns.json").read_text())["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"]


def test_a_hardened_copy_does_not_vouch_for_another(person: Person) -> None:
    """Two objects of one name: the one that does not count is unknown, and never a pass."""
    (person.home / "apps/a.yaml").write_text(WEB.replace("replicas: 2", "replicas: 3"))
    found = person("scan", "-f", "apps", "-o", "json").json()["findings"]
    # Nobody said which registries are allowed, which is unknown of all the files.
    of_objects = [one for one in found if one["resource"]["kind"] != "Cluster"]
    unknown = [one for one in of_objects if one["status"] == "unknown"]
    assert {one["resource"]["name"] for one in unknown} == {"web"}
    assert "a.yaml" in unknown[0]["message"]
    assert person("scan", "-f", "apps", "--check", "rt-seccomp", "--fail-on-unknown").code == 1
