"""The company on a server whose network plug-in is at work, and looks at its policies."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from k8sharden.changes.bookkeeping import essential
from k8sharden.model import kinds
from k8sharden.model.kinds import BY_KIND, ResourceType
from tests.e2e.company import settle
from tests.e2e.proxy import Answered, Asked, Forward, between, through
from tests.e2e.run import MAIN, Person, Ran
from tests.servers import crds, upstream
from tests.servers.control_plane import ControlPlane
from tests.servers.fixtures import started

Json = dict[str, Any]
Policies = dict[tuple[str, str, str], Json]

POLICIES = (kinds.NETWORK_POLICIES, kinds.CILIUM_POLICIES)
ALLOCATOR = "kube-apiserver-legacy-service-account-token-tracking"
PROBE: Json = {
    "apiVersion": kinds.CILIUM_POLICIES.api_version,
    "kind": kinds.CILIUM_POLICIES.kind,
    "metadata": {"name": "probe"},
    "spec": {"endpointSelector": {}, "ingress": [{}]},
}
SETTINGS: Json = {"metadata": {"name": "cilium-config"}, "data": {"enable-policy": "default"}}
AGENT: Json = {
    "metadata": {"name": "cilium", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"k8s-app": "cilium"}},
        "template": {
            "metadata": {"labels": {"k8s-app": "cilium"}},
            "spec": {
                "hostNetwork": True,
                "containers": [{"name": "cilium-agent", "image": "quay.io/cilium/cilium:v1.20.2"}],
            },
        },
    },
}


def fill(server: ControlPlane) -> None:
    """Put the company there, with Cilium's own definition, and let Calico's agents report."""
    crds.install(server, upstream.definitions((upstream.CILIUM,)))
    settle(server)
    at_work(server, "calico-node")


def running(folder: Path) -> Iterator[ControlPlane]:
    """Run such a server, where one controller only lets go of what is deleted."""
    only = ("garbage-collector-controller",)
    with started(lambda: ControlPlane(folder, controllers=only)) as server:
        fill(server)
        yield server


def at_work(server: ControlPlane, agent: str) -> None:
    """Report as the DaemonSet controller does: the agents of a plug-in run on each node."""
    path = kinds.DAEMON_SETS.path("kube-system", agent)
    found = server.request("GET", path).expect(200).json()
    counts = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady")
    found["status"] = dict.fromkeys(counts, 4) | {"numberMisscheduled": 0}
    server.request("PUT", f"{path}/status", found).expect(200)


def give_to_cilium(server: ControlPlane) -> None:
    """Let Cilium take Calico's place, with settings that say nothing special."""
    path = kinds.DAEMON_SETS.path("kube-system")
    _orphan(server, path, "calico-node")
    server.request("POST", path, AGENT).expect(201)
    server.request("POST", kinds.CONFIG_MAPS.path("kube-system"), SETTINGS).expect(201)
    at_work(server, "cilium")
    # The garbage collector looks for new types every 30 s: until then nothing of theirs is let go.
    path = kinds.CILIUM_POLICIES.path("default")
    server.request("POST", path, PROBE).expect(201)
    _orphan(server, path, PROBE["metadata"]["name"])


def _orphan(server: ControlPlane, path: str, name: str) -> None:
    """Delete an object as the program does, and wait until the garbage collector lets it go."""
    server.request("DELETE", f"{path}/{name}?propagationPolicy=Orphan").expect(200)
    gone = f"{name} is gone"
    server.wait_until(lambda: server.request("GET", f"{path}/{name}").status == 404, gone)


def everything(server: ControlPlane) -> dict[tuple[str, str, str], Json]:
    """Return every object as it is stored, with its version and who manages which field of it."""
    found = {}
    for kind in kinds.ALL:
        if kind != kinds.CONSTRAINTS:
            for item in items(server, kind):
                metadata = item["metadata"]
                # The API server renews this one by itself.
                if metadata["name"] != ALLOCATOR:
                    found[kind.key, metadata.get("namespace", ""), metadata["name"]] = item
    return found


def policies(server: ControlPlane) -> Policies:
    """Return every policy of the cluster as a person would write it."""
    found = {}
    for kind in POLICIES:
        for item in items(server, kind):
            item |= {"apiVersion": kind.api_version, "kind": kind.kind}
            found[key(item)] = essential(item)
    return found


def items(server: ControlPlane, kind: ResourceType) -> list[Json]:
    """Return all objects of a type."""
    listed = server.request("GET", kind.path()).expect(200).json()
    return list(listed["items"] or ())


def key(item: Json) -> tuple[str, str, str]:
    """Return what a policy is called."""
    return item["kind"], item["metadata"]["namespace"], item["metadata"]["name"]


def planned(person: Person, words: tuple[str, ...]) -> Policies:
    """Return the objects that a plan's diff makes where git applies it."""
    folder = person.home / "planned"
    folder.mkdir()
    diff = person("plan", *words, "-o", "diff").out
    subprocess.run(["git", "apply", "-"], input=diff, text=True, cwd=folder, check=True)
    read = (yaml.safe_load(path.read_text("utf-8")) for path in folder.rglob("*.yaml"))
    return {key(item): essential(item) for item in read}


def tried(server: ControlPlane, wanted: Policies) -> Policies:
    """Return what the server's dry run makes of objects; a field that it does not know fails."""
    found = {}
    for item in wanted.values():
        path = BY_KIND[item["apiVersion"], item["kind"]].path(item["metadata"]["namespace"])
        query = "?dryRun=All&fieldValidation=Strict"
        made = server.request("POST", path + query, item).expect(201).json()
        found[key(made)] = essential(made)
    return found


class Killer:
    """Kills a program when a policy is to be written that often, before or after it is."""

    def __init__(self, writes: int, *, after: bool) -> None:
        self._left, self._after = writes, after
        self.victim: subprocess.Popen[bytes] | None = None

    def __call__(self, asked: Asked, forward: Forward) -> Answered | None:
        """Pass a request on, unless it is the last one."""
        self._left -= asked.writes and not asked.dry
        last = self._left == 0 and asked.writes and not asked.dry
        answer = forward() if self._after or not last else None
        if not last:
            return answer
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()
        return None


def killed(server: ControlPlane, person: Person, killer: Killer, *words: str) -> None:
    """Run a command of somebody through a proxy, and kill it there."""
    with between(server, killer) as address:
        config = through(address, server.kubeconfig(), person.home)
        killer.victim = subprocess.Popen(
            [sys.executable, "-c", MAIN, *words, "--kubeconfig", str(config)],
            cwd=person.home,
            env=person.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        _, said = killer.victim.communicate(timeout=60)
    assert killer.victim.returncode == -9, said.decode()


def undone(person: Person, *entries: str) -> Ran:
    """Take entries back, by the digest that is shown."""
    return person.approve("journal", "undo", *entries)


def flows(folder: Path, *rows: str) -> str:
    """Write a table of flows, and return where it is."""
    path = folder / "flows.csv"
    path.write_text("\n".join(("source,destination,port,protocol,count,verdict,last", *rows)))
    return str(path)
