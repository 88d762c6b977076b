"""What the folders of a node are: what a pod that mounts one reaches, and what would do instead.

Sources: Kubernetes documentation, "Files and Paths Used by the Kubelet" and "Container Runtimes";
the Filesystem Hierarchy Standard.
"""

import posixpath
import re

import msgspec

from k8sharden.model.finding import Severity

_CLAIM = (
    "if it holds data, keep it in a PersistentVolumeClaim (a local PersistentVolume where it has "
    "to stay on its node) and move the data first."
)


class Folder(msgspec.Struct, frozen=True):
    """A kind of folder: what it is, and what a pod should use instead of it, as a clause.

    ``around`` is whether a folder that contains it counts as well, since it gives as much away.
    """

    what: str
    instead: str
    severity: Severity = Severity.HIGH
    paths: tuple[str, ...] = ()
    around: bool = False


SOCKET = Folder(
    "the container runtime's socket, which starts anything as root",
    "build images with BuildKit without root, and ask the API server about pods instead of "
    "the runtime.",
    Severity.CRITICAL,
    (
        "/run/containerd/containerd.sock", "/run/crio/crio.sock", "/run/docker.sock",
        "/run/cri-dockerd.sock", "/run/dockershim.sock", "/run/podman/podman.sock",
        "/run/k3s/containerd/containerd.sock", "/run/containerd/s", "/pipe/containerd-containerd",
        "/pipe/docker_engine",
    ),
    around=True,
)  # fmt: skip
KUBELET = Folder(
    "the kubelet's folders, with the Secrets of every pod there",
    "a storage driver belongs in a namespace of its own; everything else gets the Secrets, "
    "tokens and volumes that its pod asks for.",
    Severity.CRITICAL,
    (
        "/var/lib/kubelet", "/var/lib/k0s/kubelet", "/var/lib/rancher/k3s/agent",
        "/var/lib/rancher/rke2/agent", "/var/snap/microk8s/common/var/lib/kubelet",
    ),
    around=True,
)  # fmt: skip
CLUSTER = Folder(
    "the node's Kubernetes configuration, with its keys and static pods",
    "a pod gets its own ServiceAccount and certificates; what works on the control plane belongs "
    "in kube-system.",
    Severity.CRITICAL,
    ("/etc/kubernetes", "/etc/rancher", "/var/lib/etcd", "/var/lib/rancher"),
    around=True,
)
ROOT = Folder(
    "the node's whole disk",
    "mount the one folder that is needed, or leave it to an agent in a namespace of its own.",
    Severity.CRITICAL,
)
_ZONES = Folder(
    "the node's time zone",
    "set the variable TZ and install tzdata in the image.",
    Severity.LOW,
    ("/etc/localtime", "/etc/timezone", "/usr/share/zoneinfo"),
)
_CERTIFICATES = Folder(
    "the certificate authorities that the node trusts",
    "put the bundle into the image or a ConfigMap.",
    Severity.LOW,
    (
        "/etc/ssl/certs", "/etc/pki/tls/certs", "/etc/pki/ca-trust", "/etc/ca-certificates",
        "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    ),
)  # fmt: skip
LOGS = Folder(
    "the node's logs, those of every pod among them",
    "write logs to standard output, and leave collecting them to an agent in a namespace of "
    "its own.",
    paths=("/var/log", "/run/log", "/var/lib/docker/containers"),
)
_RUNTIME = Folder(
    "the container runtime's storage, with the files of every container",
    "leave it to an agent in a namespace of its own.",
    paths=("/var/lib/containerd", "/var/lib/containers", "/var/lib/docker", "/run/containerd"),
)
_DEVICES = Folder(
    "the node's devices",
    "ask for the device as a resource, through a device plugin or a ResourceClaim.",
    paths=("/dev",),
)
_MEMORY = Folder(
    "the node's shared memory",
    "use an emptyDir with medium: Memory and a sizeLimit, which counts against the memory limit.",
    paths=("/dev/shm",),  # noqa: S108 - the node's, not ours
)
_KERNEL = Folder(
    "the node's kernel interface",
    "leave it to an agent in a namespace of its own.",
    paths=("/proc", "/sys", "/lib/modules", "/usr/src", "/boot"),
)
_USERS = Folder(
    "the node's accounts and keys",
    "no program in a pod should need them: take the volume away.",
    paths=("/etc/passwd", "/etc/shadow", "/etc/ssh", "/etc/sudoers", "/home", "/root"),
)
_SETTINGS = Folder(
    "the node's settings",
    "put the program's own settings into a ConfigMap or a Secret.",
    paths=("/etc",),
)
_PROGRAMS = Folder(
    "programs of the node",
    "put the program into the image.",
    paths=("/bin", "/sbin", "/usr", "/opt", "/lib", "/lib64"),
)
_RUNNING = Folder(
    "sockets and locks of the node's programs",
    "talk to the program through a Service, or leave it to an agent in a namespace of its own.",
    paths=("/run",),
)
_SHARED = Folder(
    "the node's folder for temporary files",
    "use an emptyDir.",
    paths=("/tmp", "/var/tmp"),  # noqa: S108 - the node's, not ours
)
OTHER = Folder("files that outlive them", _CLAIM)

# What gives the most away comes first; then, the inner folder before the one around it.
_ALL = (
    SOCKET, KUBELET, CLUSTER, _ZONES, _CERTIFICATES, LOGS, _RUNTIME, _MEMORY, _DEVICES, _KERNEL,
    _USERS, _SETTINGS, _PROGRAMS, _RUNNING, _SHARED,
)  # fmt: skip
_SCRATCH = re.compile(r"/(?:tmp|var/tmp|var/cache)(?:/[\w-][\w.-]*)*/[\w-]+")
_DRIVE = re.compile(r"^(?:[A-Za-z]:|//\.)")


def folder(path: str) -> Folder:
    """Say what a path on a node is; a Windows path may be written in its own manner."""
    plain = _plain(path)
    if plain == "/":
        return ROOT
    return next((each for each in _ALL if _reaches(plain, each)), OTHER)


def is_nodes_own(path: str) -> bool:
    """Whether a path is of the node's own parts, rather than data, scratch files or a time zone."""
    return folder(path) not in (_ZONES, _CERTIFICATES, _MEMORY, _SHARED, OTHER)


def is_scratch(path: str) -> bool:
    """Whether a path is a program's own folder for what may be lost: ``/var/cache/NAME``."""
    return _SCRATCH.fullmatch(_plain(path)) is not None


def overlap(one: str, two: str) -> bool:
    """Whether one path lies in the other, or both are the same."""
    return _inside(_plain(one), _plain(two)) or _inside(_plain(two), _plain(one))


def _plain(path: str) -> str:
    """Write a path in one way: ``/var/run`` is a link to ``/run`` on every node of today."""
    text = _DRIVE.sub("", path.replace("\\", "/"))
    text = "/" + posixpath.normpath("/" + text).strip("/")
    return text.removeprefix("/var") if _inside(text, "/var/run") else text


def _reaches(path: str, known: Folder) -> bool:
    return any(
        _inside(path, each) or (known.around and _inside(each, path)) for each in known.paths
    )


def _inside(path: str, outer: str) -> bool:
    return f"{path}/".startswith(f"{outer}/")
