"""Programs that are known to work on the node itself: networks, storage, logs, measurements.

A guess from image and name together, since a name alone is free for anybody to choose. It lowers a
severity by one step and holds back a fix that would break the program; it never hides a finding.
"""

import re
from collections.abc import Iterable

from k8sharden.analysis.images import parse_image
from k8sharden.model.finding import Severity
from k8sharden.model.kinds import DAEMON_SETS
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.workloads import Workload

BUILDER = "a builder of images"

# What it is; the end of the image's path; words in the name of the workload or the container.
_AGENTS = (
    (
        "a network plugin (CNI)",
        (
            r"calico/(?:node|cni|pod2daemon-flexvol)|cilium(?:-ci|-envoy)?|flannel(?:-cni-plugin)?"
            r"|antrea-(?:agent-)?ubuntu|kube-router|multus-cni|amazon-k8s-cni(?:-init)?|kube-ovn"
            r"|kindnetd|weave-(?:kube|npc)|azure-npm|azure-cns|install-cni|ovn-kube[a-z-]*|whereabouts"
        ),
        (
            "antrea aws-node azure calico canal cilium cni flannel kindnet kube-router multus net "
            "network ovn ovnkube weave whereabouts"
        ),
    ),
    ("the proxy of Services", "kube-proxy", "kube-proxy proxy"),
    (
        "a storage driver (CSI)",
        (
            r"csi-node-driver-registrar|[a-z0-9.-]*csi[a-z0-9.-]*|longhorn-(?:manager|engine)"
            r"|rook/ceph|ceph/ceph|node-disk-manager|[a-z-]*local[a-z-]*provisioner"
        ),
        "ceph csi disk driver longhorn node openebs provisioner registrar rook storage",
    ),
    (
        "a device plugin",
        (
            r"k8s-device-plugin|[a-z0-9-]*gpu[a-z0-9-]*|[a-z0-9-]*device-plugin|dcgm-exporter"
            r"|nvidia/driver|container-toolkit|node-feature-discovery"
        ),
        "dcgm device driver feature gpu nfd nvidia plugin sriov toolkit",
    ),
    (
        "a log collector",
        (
            r"fluent-bit|fluentd[a-z-]*|vector|promtail|alloy|filebeat|grafana-agent"
            r"|opentelemetry-collector[a-z0-9-]*|otelcol[a-z-]*|logspout"
        ),
        (
            "alloy agent collector filebeat fluent fluent-bit fluentbit fluentd log logging logs "
            "logspout opentelemetry otel promtail shipper vector"
        ),
    ),
    (
        "an exporter of the node's measurements",
        (
            r"node-exporter|cadvisor|datadog/agent|datadog-agent|node-problem-detector|kepler"
            r"|process-exporter|smartctl[-_]exporter|metricbeat|netdata|zabbix-agent2?"
        ),
        (
            "agent cadvisor datadog detector exporter kepler metricbeat metrics monitoring netdata "
            "node-exporter node-problem-detector smartctl zabbix"
        ),
    ),
    (
        "a runtime detector",
        (
            r"falco(?:-no-driver|-driver-loader)?|tetragon|tracee|kubearmor|kubescape/node-agent"
            r"|sysdig/agent(?:-slim)?|parca-agent|beyla|inspektor-gadget|pixie[a-z-]*|wazuh-agent"
        ),
        (
            "agent beyla detector falco gadget kubearmor node-agent parca pixie security sysdig "
            "tetragon tracee wazuh"
        ),
    ),
    (
        BUILDER,
        r"library/docker|docker|dind|buildkit(?:d)?|buildah(?:/stable)?|podman(?:/stable)?|binfmt",
        "buildah build builder buildkit buildkitd ci dind docker docker-in-docker podman runner",
    ),
    (
        "a keeper of the nodes",
        (
            r"kured|metallb/speaker|speaker|kube-vip|keepalived[a-z-]*|k8s-dns-node-cache"
            r"|system-upgrade-controller|kubeletctl|eks-node-monitoring-agent"
        ),
        "cache dns keepalived kube-vip kured metallb node speaker upgrade vip",
    ),
)


def _words(words: str) -> re.Pattern[str]:
    """Whole words only, so that `net` is not found in `planet`."""
    return re.compile(rf"(?<![a-z0-9])(?:{'|'.join(words.split())})(?![a-z0-9])")


_KNOWN = tuple(
    (what, re.compile(rf"(?:.*/)?(?:{images})"), _words(names)) for what, images, names in _AGENTS
)


def node_agent(workload: Workload, container: Container) -> str:
    """Say what a container is known as, such as ``a log collector``; empty where it is unknown."""
    image = parse_image(container.image)
    path = image.path if image else ""
    names = f"{workload.ref.name} {container.name}".lower()
    return next(
        (what for what, images, words in _KNOWN if images.fullmatch(path) and words.search(names)),
        "",
    )


def node_agents(workload: Workload) -> tuple[str, ...]:
    """Say what the containers of a workload are known as; empty where none is known."""
    said = (node_agent(workload, seen.container) for seen in visit_containers(workload.spec))
    return tuple(dict.fromkeys(what for what in said if what))


def excuse(workload: Workload, containers: Iterable[Visited]) -> str:
    """Say, in a sentence, that each container of a DaemonSet is known to work on the node."""
    known = [node_agent(workload, seen.container) for seen in containers]
    if workload.ref.kind != DAEMON_SETS.kind or not all(known):
        return ""
    what = " and ".join(dict.fromkeys(known))
    return f" It looks like {what}, which works on the node: one step milder."


def one_step_down(severity: Severity) -> Severity:
    """Return the next milder severity: what a node agent's need for the node makes of it."""
    milder = list(Severity)[severity.rank + 1 :]
    return milder[0] if milder else severity
