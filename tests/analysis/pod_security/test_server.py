"""A real API server refuses the same pods, in the same words."""

import re
from typing import Any

import pytest

from k8sharden.analysis.pod_security import Level, describe, violations
from tests.analysis.pod_security.pods import HARDENED, Json, pod, web
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real

HTTP_PROBE = {"httpGet": {"host": "db", "port": 80}}
HOOK = {"preStop": {"httpGet": {"host": "127.0.0.1", "port": 80}}}


def _container(name: str = "web", **fields: Any) -> Json:
    return {"name": name, "securityContext": HARDENED, **fields}


def _pod_level(**security: Any) -> Json:
    return {"containers": [_container()], "securityContext": security}


def _volume(**source: Any) -> Json:
    return {"containers": [_container()], "volumes": [{"name": "data", **source}]}


SPECS: dict[str, Json] = {
    "hardened": web(**HARDENED),
    "bare": web(),
    "bare in both lists": {
        "containers": [{"name": "web"}, _container("good")],
        "initContainers": [{"name": "migrate"}],
    },
    "privileged": web(privileged=True),
    "capabilities": web(**{**HARDENED, "capabilities": {"add": ["SYS_TIME", "NET_RAW"]}}),
    "host namespaces": {"hostNetwork": True, "hostPID": True, "hostIPC": True, **web()},
    "ports": {"containers": [_container(ports=[{"containerPort": 80, "hostPort": 80}])]},
    "probe and hook": {"containers": [_container(livenessProbe=HTTP_PROBE, lifecycle=HOOK)]},
    "root": web(**{**HARDENED, "runAsUser": 0}),
    "root in the pod": _pod_level(runAsUser=0, runAsNonRoot=False),
    "seccomp": _pod_level(seccompProfile={"type": "Unconfined"}),
    "AppArmor": web(**HARDENED, appArmorProfile={"type": "Unconfined"}),
    "SELinux": web(**HARDENED, seLinuxOptions={"type": "spc_t", "user": "u", "role": "r"}),
    "sysctls": _pod_level(sysctls=[{"name": "kernel.msgmax", "value": "1"}]),
    "host path": _volume(hostPath={"path": "/"}),
    "NFS": _volume(nfs={"server": "n", "path": "/"}),
    "no source": _volume(),
    "user namespace": {**web(**{**HARDENED, "runAsNonRoot": None}), "hostUsers": False},
    "unmasked proc": {**web(**HARDENED, procMount="Unmasked"), "hostUsers": False},
    "Windows": {**web(runAsNonRoot=True), "os": {"name": "windows"}},
    "Windows host": {
        **web(runAsNonRoot=True, windowsOptions={"hostProcess": True}),
        "os": {"name": "windows"},
        "hostNetwork": True,
    },
}


@pytest.fixture(scope="module")
def namespaces(control_plane: ControlPlane) -> dict[Level, str]:
    """The name of a namespace for each level that refuses anything."""
    found = {}
    for level in (Level.BASELINE, Level.RESTRICTED):
        labels = {"pod-security.kubernetes.io/enforce": str(level)}
        name = found[level] = control_plane.create_namespace(labels)
        # There is no controller here that would make it, and no pod is admitted without.
        account = {"metadata": {"name": "default"}}
        path = f"/api/v1/namespaces/{name}/serviceaccounts"
        control_plane.request("POST", path, account).expect(201)
    return found


@pytest.mark.parametrize("name", SPECS)
@pytest.mark.parametrize("level", [Level.BASELINE, Level.RESTRICTED])
def test_the_refusal_is_the_servers(
    control_plane: ControlPlane, namespaces: dict[Level, str], level: Level, name: str
) -> None:
    """Verdict and message agree, at the policy version of the server."""
    seen = pod(SPECS[name])
    minor = int(re.findall(r"\d+", control_plane.version)[1])
    expected = describe(violations(level, seen.spec, seen.metadata, minor))
    path = f"/api/v1/namespaces/{namespaces[level]}/pods?dryRun=All"
    answer = control_plane.request("POST", path, _runnable(SPECS[name])).expect(201, 403)
    refusal = f'pods "asked" is forbidden: violates PodSecurity "{level}:latest": {expected}'
    assert (answer.json().get("message") or "") == (refusal if expected else "")


def _runnable(spec: Json) -> Json:
    """Complete a spec with what every pod must have."""
    containers = {
        place: [{"image": "registry.kestrel.example/shop/web:1.8", **each} for each in spec[place]]
        for place in ("containers", "initContainers")
        if place in spec
    }
    return {"metadata": {"name": "asked"}, "spec": {**spec, **containers}}
