"""What holds in a namespace without a label: a pod is tried at review, and the answer told."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from k8sharden.changes.plan import Plan, Planned, bind_change, fetcher
from k8sharden.changes.rehearsal import dry_run
from k8sharden.cluster.api import Api
from k8sharden.cluster.connect import connect
from k8sharden.cluster.training import training_cluster
from k8sharden.errors import Forbidden
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Patch, Risk, SetField
from k8sharden.model.inventory import Source, SourceKind
from k8sharden.model.ref import Ref
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

ENFORCE = "pod-security.kubernetes.io/enforce"
OFFICE = kinds.NAMESPACES.ref("", "office")


def reviewed(api: Api, ref: Ref, level: str, key: str = ENFORCE) -> Planned:
    """Review the plan that labels a namespace."""
    edit = SetField(("metadata", "labels", key), level)
    change = Change(ChangeKind.PATCH, "Label it", Risk.SAFE, (Patch(ref, (edit,)),))
    bound = bind_change(change, (), fetcher(api.get))
    plan = Plan(Source(SourceKind.CLUSTER, "here", "uid"), (bound,))
    (planned,) = dry_run(plan, api).changes
    return planned


class Refusing(Api):
    """A client whose pods are refused."""

    said = ""

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> Any:
        """Refuse pods in the words that a test chose; only tries may come here."""
        assert dry_run
        assert ref.kind == "Pod"
        assert "hostPort" in str(manifest)
        raise Forbidden(self.said, status=403)


@pytest.fixture
def api() -> Refusing:
    """A client of the training cluster, whose pods are refused."""
    return Refusing(training_cluster().transport())


def test_a_pod_that_is_admitted_tells_that_nothing_holds(api: Refusing) -> None:
    """The try stores nothing, and is made only where a level is enforced for the first time."""
    plain = Api(api.transport)
    said = " ".join(reviewed(plain, OFFICE, "baseline").checked)
    assert "would be admitted there today" in said
    assert not [pod for pod in fetched(plain) if "probe" in pod]
    assert reviewed(api, OFFICE, "restricted", ENFORCE.replace("enforce", "audit")).checked == ()
    assert reviewed(api, kinds.NAMESPACES.ref("", "ci"), "privileged").checked == ()


def fetched(api: Api) -> list[str]:
    """Return the names of the pods of the namespace."""
    pages = api.pages(kinds.PODS, "office")
    return [
        each["metadata"]["name"] for page in pages for each in msgspec.json.decode(page)["items"]
    ]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'pods "p" is forbidden: violates PodSecurity "baseline:v1.36": hostPort',
            "baseline:v1.36 is",
        ),
        ('User "sam" cannot create resource "pods"', "was not found out: you may not create pods"),
        ("admission webhook denied the request: host ports", "not by Pod Security: admission"),
    ],
)
def test_a_pod_that_is_refused_tells_by_whom(api: Refusing, said: str, told: str) -> None:
    """A default of the server, another policy, or no right to try: each is said as what it is."""
    api.said = said
    planned = reviewed(api, OFFICE, "baseline")
    assert told in " ".join(planned.checked)
    assert planned.rejected == ""


def test_a_label_that_would_lower_the_default_is_refused(api: Refusing) -> None:
    """Hardening never weakens what holds already, though no list shows it."""
    api.said = 'pods "p" is forbidden: violates PodSecurity "restricted:latest": hostPort'
    assert "would lower that to baseline" in reviewed(api, OFFICE, "baseline").rejected
    assert reviewed(api, OFFICE, "restricted").rejected == ""


CONFIGURATION = """
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults: {enforce: baseline, enforce-version: latest}
    exemptions: {namespaces: [exempt]}
"""


@pytest.fixture(scope="module")
def defaulting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A real API server whose configuration file holds a default level and an exemption."""
    folder = tmp_path_factory.mktemp("defaulting")
    file: Path = folder / "admission.yaml"
    file.write_text(CONFIGURATION)
    flags = {"admission-control-config-file": str(file)}
    with started(lambda: ControlPlane(folder / "servers", api_server_flags=flags)) as server:
        for name in ("plain", "exempt"):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            server.request("POST", "/api/v1/namespaces", body).expect(201)
            account = {"metadata": {"name": "default"}}
            path = f"/api/v1/namespaces/{name}/serviceaccounts"
            server.request("POST", path, account).expect(201)
        yield connect(kubeconfig=server.kubeconfig())


@pytest.mark.real
@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_a_real_servers_default_is_found_out(defaulting: Api, level: str) -> None:
    """It is enforced where no label says anything, and no list shows it."""
    planned = reviewed(defaulting, kinds.NAMESPACES.ref("", "plain"), level)
    assert "baseline:latest is enforced there today" in " ".join(planned.checked)
    assert planned.rejected == ""


@pytest.mark.real
def test_a_real_servers_exemption_is_found_out(defaulting: Api) -> None:
    """The server says itself that it will ignore the label, and the pod is admitted."""
    said = " ".join(reviewed(defaulting, kinds.NAMESPACES.ref("", "exempt"), "restricted").checked)
    assert 'namespace "exempt" is exempt from Pod Security' in said
    assert "would be admitted there today" in said
