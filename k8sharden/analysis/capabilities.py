"""Linux capabilities of a container: which it adds, which it needs, and what would be left of them.

What is added is narrowed to NET_BIND_SERVICE in one way only, whoever asks for it, so that the
fixes of several items are one edit. Source: capabilities(7); Kubernetes documentation, "Configure a
Security Context"; for low ports the documentation of the sysctl
``net.ipv4.ip_unprivileged_port_start``, which containerd sets to 0 by itself since 2.0.
"""

import re
from collections.abc import Iterator

from k8sharden.analysis.containers import path_of
from k8sharden.analysis.images import parse_image
from k8sharden.analysis.known_images import known_image
from k8sharden.model.change import Edit, RemoveField, SetField
from k8sharden.model.pods import Container, PodSpec, Visited
from k8sharden.model.workloads import Workload

BIND = "NET_BIND_SERVICE"
ALL = "ALL"
ALMIGHTY = frozenset({ALL, "SYS_ADMIN"})
"""Beside these the API server refuses allowPrivilegeEscalation: false, or it would mean nothing."""

NODE = ALMIGHTY | {"BPF", "DAC_READ_SEARCH", "SYS_MODULE", "SYS_RAWIO"}
"""Each of these leads to the node by itself: its kernel, its memory or all of its files."""

_LOW = 1_024
_PORT = re.compile("[0-9]{1,5}")
_PORT_START = "net.ipv4.ip_unprivileged_port_start"
# The longest command line that is searched, in characters; it bounds what a hostile one can cost.
_LIMIT = 20_000

# The capability; what needs it; the end of an image's path; programs in a command line.
_NEEDS = (
    (
        "NET_RAW",
        "sends pings or raw packets",
        r"blackbox[-_]exporter|smokeping[a-z_-]*|netshoot|tcpdump",
        "ping ping6 fping arping traceroute tcpdump",
    ),
    (
        "NET_ADMIN",
        "changes the network's settings",
        (
            r"wireguard|openvpn|wg-easy|tailscale|strongswan|pihole/pihole|gluetun|netshoot"
            r"|istio/proxyv2|linkerd2?[-/]proxy-init|proxy-init"
        ),
        "iptables ip6tables nft ipset wg wg-quick openvpn tailscaled",
    ),
    (
        "SYS_TIME",
        "sets the clock",
        "chrony|chronyd|ntpd?|ptp4l|linuxptp[a-z-]*",
        "chronyd ntpd ptp4l hwclock",
    ),
    (
        "SYS_ADMIN",
        "mounts file systems or enters other namespaces",
        "s3fs|rclone-mount|gcsfuse|goofys",
        "mount umount nsenter losetup s3fs gcsfuse",
    ),
    ("SYS_MODULE", "loads kernel modules", "kmm-[a-z-]*", "modprobe insmod rmmod"),
    ("SYS_PTRACE", "looks into other processes", "delve|dlv|gdbserver", "strace gdb dlv"),
    # These two are in the runtimes' usual set, of which only root makes use.
    ("CHOWN", "changes owners", "(?!)", "chown chgrp"),
    ("SETUID", "becomes another user", "(?!)", "su su-exec gosu setpriv runuser"),
    ("IPC_LOCK", "locks its memory", r"hashicorp/vault|library/vault|openbao/openbao", "vault bao"),
)


def _pattern(programs: str) -> re.Pattern[str]:
    """Programs as words of a command line, with or without their folder."""
    return re.compile(rf"(?:^|[\s;&|(/'\"])(?:{'|'.join(programs.split())})(?:$|[\s;&|)'\"])")


_KNOWN = {
    capability: (does, re.compile(rf"(?:.*/)?(?:{images})"), _pattern(programs))
    for capability, does, images, programs in _NEEDS
}

USUAL_NEEDS = ("CHOWN", "SETUID")
"""Those among the known ones that nobody has to add."""

KNOWN_NEEDS = tuple(name for name in _KNOWN if name not in USUAL_NEEDS)
"""The capabilities beyond the usual ones of which it can be said who needs them."""


def plain(name: str) -> str:
    """Spell a capability as the API does: ``sys_admin`` and ``CAP_SYS_ADMIN`` are SYS_ADMIN."""
    return name.upper().removeprefix("CAP_")


def added(container: Container) -> frozenset[str]:
    """Return what a container adds, spelt plainly."""
    capabilities = container.security.capabilities
    return frozenset(map(plain, (capabilities.add or ()) if capabilities else ()))


def dropped(container: Container) -> frozenset[str]:
    """Return what a container drops, spelt plainly."""
    capabilities = container.security.capabilities
    return frozenset(map(plain, (capabilities.drop or ()) if capabilities else ()))


def is_almighty(container: Container) -> bool:
    """Whether a container is privileged, or adds what comes to the same."""
    return bool(container.security.privileged) or bool(added(container) & ALMIGHTY)


def need(container: Container, capability: str) -> str:
    """Say what a container does that needs a capability, as ``runs ping``; empty where unknown."""
    known = _KNOWN.get(capability)
    if known is None:
        return ""
    does, images, programs = known
    image = parse_image(container.image)
    if image and images.fullmatch(image.path):
        return f"{image.path.rpartition('/')[2]} {does}"
    found = programs.search(command_line(container))
    return f"{found[0].strip(_AROUND)} {does}" if found else ""


_AROUND = " \t\n;&|()/'\""


def command_line(container: Container) -> str:
    """Return a container's command and arguments as one text, cut where it is very long."""
    return " ".join((*(container.command or ()), *(container.args or ())))[:_LIMIT]


def low_port(spec: PodSpec, container: Container) -> int:
    """Return the lowest port of a container that not everybody may bind; 0 where it has none."""
    sysctls = [each.value for each in spec.security.sysctls or () if each.name == _PORT_START]
    start = int(sysctls[0]) if sysctls and _PORT.fullmatch(sysctls[0]) else _LOW
    ports = [port.container_port for port in container.ports or ()]
    return min((port for port in ports if 0 < port < start), default=0)


def keeps_bind(spec: PodSpec, container: Container) -> bool:
    """Whether a container has to hold NET_BIND_SERVICE when everything else is taken.

    It does where it was added, and where it has it today for a low port, or for the file of its
    program to be started at all.
    """
    gains, loses = added(container), dropped(container)
    if BIND in gains:
        return True
    has = ALL in gains or bool(container.security.privileged) or not loses & {ALL, BIND}
    image = known_image(container)
    return has and bool(low_port(spec, container) or (image and image.carries_bind))


def narrowed(workload: Workload, seen: Visited) -> Iterator[Edit]:
    """Yield the edit that leaves a container at most NET_BIND_SERVICE of what it adds."""
    capabilities = seen.container.security.capabilities
    current = list((capabilities.add or ()) if capabilities else ())
    wanted = [BIND] if keeps_bind(workload.spec, seen.container) else []
    path = path_of(workload, seen, "securityContext", "capabilities", "add")
    if wanted and current != wanted:
        yield SetField(path, wanted)
    elif current and not wanted:
        yield RemoveField(path)


def drop_all(workload: Workload, seen: Visited) -> Iterator[Edit]:
    """Yield the edit that drops ALL, where that is not written already."""
    capabilities = seen.container.security.capabilities
    if capabilities is None or ALL not in (capabilities.drop or ()):
        yield SetField(path_of(workload, seen, "securityContext", "capabilities", "drop"), [ALL])
