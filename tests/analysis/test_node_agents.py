"""Programs that are known to work on the node: by image and name, never by a name alone."""

import pytest

from k8sharden.analysis.node_agents import node_agent, node_agents, one_step_down
from k8sharden.model.finding import Severity
from k8sharden.model.workloads import Workload, workloads
from tests.remediations import harness


def _daemon_set(name: str, *images: str, container: str = "main") -> Workload:
    containers = [{"name": f"{container}{n}", "image": image} for n, image in enumerate(images)]
    (found,) = workloads(
        harness.inventory(
            [
                {
                    "apiVersion": "apps/v1",
                    "kind": "DaemonSet",
                    "metadata": {"name": name, "namespace": "agents"},
                    "spec": {"template": {"spec": {"containers": containers}}},
                }
            ]
        )
    )
    return found


@pytest.mark.parametrize(
    ("name", "image", "what"),
    [
        ("calico-node", "quay.io/calico/node:v3.30", "a network plugin (CNI)"),
        ("cilium", "quay.io/cilium/cilium:v1.20.0", "a network plugin (CNI)"),
        ("kube-proxy", "registry.k8s.io/kube-proxy:v1.36.2", "the proxy of Services"),
        ("ebs-csi-node", "public.ecr.aws/ebs-csi-driver/aws-ebs-csi-driver:v1", "storage driver"),
        ("nvidia", "nvcr.io/nvidia/k8s-device-plugin:v0.17", "a device plugin"),
        ("log-collector", "registry.example/mirror/fluent-bit:4.0", "a log collector"),
        ("node-exporter", "quay.io/prometheus/node-exporter:v1.9", "node's measurements"),
        ("falco", "docker.io/falcosecurity/falco:0.44.1", "a runtime detector"),
        ("image-builder", "docker:28-dind", "a builder of images"),
        ("kured", "ghcr.io/kubereboot/kured:1.17", "a keeper of the nodes"),
    ],
)
def test_an_agent_is_known_by_image_and_name(name: str, image: str, what: str) -> None:
    """Whatever registry it was mirrored to."""
    workload = _daemon_set(name, image)
    assert what in node_agent(workload, (workload.spec.containers or [])[0])


def test_the_containers_own_name_serves_as_well() -> None:
    """A workload is often named after a house, and its container after the program."""
    workload = _daemon_set("watchtower", "falcosecurity/falco:0.44.1", container="falco-")
    assert node_agents(workload) == ("a runtime detector",)


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("fluent-bit", "registry.example/shop/web:1.8"),
        ("calico-node", "evil.example/miner:latest"),
        ("shop", "docker.io/fluent/fluent-bit:4.0"),
        ("planet", "quay.io/calico/node-of-ours:1"),
        ("calico", "not an image"),
    ],
)
def test_a_name_or_an_image_alone_is_not_enough(name: str, image: str) -> None:
    """Whoever wants to be taken for an agent would have to run one."""
    assert node_agents(_daemon_set(name, image)) == ()


def test_what_two_containers_are_is_said_once() -> None:
    """A workload of three containers of one kind is one kind of agent."""
    images = ("fluent/fluent-bit:4", "fluent/fluentd:1", "falcosecurity/falco:1", "web:1")
    workload = _daemon_set("log-security", *images)
    assert node_agents(workload) == ("a log collector", "a runtime detector")


def test_a_severity_goes_down_by_one_step() -> None:
    """Low stays low: an agent is never hidden."""
    assert [one_step_down(severity) for severity in Severity] == [
        Severity.HIGH,
        Severity.MEDIUM,
        Severity.LOW,
        Severity.LOW,
    ]
