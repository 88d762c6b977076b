"""What must go together in a pod that the API takes, put right; and what the API adds to it.

Source: kube-apiserver v1.36.4, what it answers to pods that break one of these rules.
"""

from collections.abc import Iterator
from typing import Any

from tests.analysis.pod_security.generated import values

Json = dict[str, Any]

_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_LINUX_ONLY = frozenset(
    {
        "allowPrivilegeEscalation", "appArmorProfile", "capabilities", "fsGroup", "privileged",
        "procMount", "readOnlyRootFilesystem", "runAsGroup", "runAsUser", "seLinuxOptions",
        "seccompProfile", "supplementalGroups", "sysctls",
    }
)  # fmt: skip


def mend(pod: Json) -> None:
    """Change a pod, as little as it takes, into one that the API takes."""
    spec = pod["spec"]
    system = (spec.get("os") or {}).get("name")
    if system == "windows":
        _only_windows(spec)
    if system == "linux":
        _drop(spec, frozenset({"windowsOptions"}))
    _host_process(spec)
    _user_namespace(spec)
    _escalation(spec)
    _host_network(spec)
    _sysctls(spec)
    _annotations(pod)
    if spec.get("hostPID"):
        spec.pop("shareProcessNamespace", None)


def completed(pod: Json) -> Json:
    """Return a pod as the API server hands it to its admission, which judges it like that.

    AppArmor's annotations become fields, and ports of the node's network become its ports.
    """
    spec = dict(pod["spec"])
    notes = pod["metadata"].get("annotations") or {}
    for place in ("initContainers", "containers", "ephemeralContainers"):
        if spec.get(place):
            spec[place] = [_completed(each, spec, notes) for each in spec[place]]
    return {**pod, "spec": spec}


def _completed(container: Json, spec: Json, notes: Json) -> Json:
    profile = _profile(notes.get(_APPARMOR + container["name"], ""))
    own = container.get("securityContext") or {}
    is_windows = (spec.get("os") or {}).get("name") == "windows"
    above = (spec.get("securityContext") or {}).get("appArmorProfile")
    if profile and profile != above and not own.get("appArmorProfile") and not is_windows:
        container = {**container, "securityContext": {**own, "appArmorProfile": profile}}
    if spec.get("hostNetwork") and container.get("ports"):
        ports = [{**each, "hostPort": each["containerPort"]} for each in container["ports"]]
        container = {**container, "ports": ports}
    return container


def _profile(note: str) -> Json | None:
    if note.startswith("localhost/"):
        return {"type": "Localhost", "localhostProfile": note.removeprefix("localhost/")}
    types = {"runtime/default": "RuntimeDefault", "unconfined": "Unconfined"}
    return {"type": types[note]} if note in types else None


def _containers(spec: Json) -> Iterator[Json]:
    for place in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(place) or ()


def _contexts(spec: Json) -> Iterator[Json]:
    """Yield each security context that there is."""
    for holder in (spec, *_containers(spec)):
        if holder.get("securityContext"):
            yield holder["securityContext"]


def _drop(spec: Json, fields: frozenset[str]) -> None:
    for context in _contexts(spec):
        for field in fields & context.keys():
            del context[field]


def _only_windows(spec: Json) -> None:
    _drop(spec, _LINUX_ONLY)
    for field in ("hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"):
        spec.pop(field, None)


def _host_process(spec: Json) -> None:
    """All containers or none run as processes of the node, and then in its network."""
    options = [each["windowsOptions"] for each in _contexts(spec) if each.get("windowsOptions")]
    if not any(each.get("hostProcess") for each in options):
        return
    spec["hostNetwork"] = True
    above = (spec.get("securityContext") or {}).get("windowsOptions") or {}
    if above.get("hostProcess") is False:
        above["hostProcess"] = True
    for container in _containers(spec):
        context = container["securityContext"] = container.get("securityContext") or {}
        own = context["windowsOptions"] = context.get("windowsOptions") or {}
        own["hostProcess"] = True


def _user_namespace(spec: Json) -> None:
    """Unmasked proc needs a user namespace, which no host namespace goes with."""
    if any(each.get("procMount") == "Unmasked" for each in _contexts(spec)):
        spec["hostUsers"] = False
    if spec.get("hostUsers") is False:
        _host_users(spec)


def _host_users(spec: Json) -> None:
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        spec.pop(field, None)
    for context in _contexts(spec):
        if (context.get("windowsOptions") or {}).get("hostProcess"):
            del context["windowsOptions"]


def _escalation(spec: Json) -> None:
    """A container that may do everything cannot be kept from gaining rights."""
    for context in _contexts(spec):
        added = (context.get("capabilities") or {}).get("add") or ()
        if context.get("privileged") or "CAP_SYS_ADMIN" in added:
            context.pop("allowPrivilegeEscalation", None)


def _host_network(spec: Json) -> None:
    """In the node's network a port is a port of the node; no port is taken twice."""
    taken: set[int] = set()
    for container in _containers(spec):
        for port in list(container.get("ports") or ()):
            if spec.get("hostNetwork") and port.get("hostPort"):
                port["hostPort"] = port["containerPort"]
            numbers = {port["containerPort"], port.get("hostPort") or port["containerPort"]}
            if numbers & taken:
                container["ports"].remove(port)
            taken |= numbers


def _sysctls(spec: Json) -> None:
    """A parameter of a namespace that is shared with the node cannot be set."""
    context = spec.get("securityContext") or {}
    shared: tuple[str, ...] = values.NETWORK_SYSCTLS if spec.get("hostNetwork") else ()
    shared += values.IPC_SYSCTLS if spec.get("hostIPC") else ()
    if context.get("sysctls"):
        kept = [each for each in context["sysctls"] if not each["name"].startswith(shared)]
        context["sysctls"] = kept


def _annotations(pod: Json) -> None:
    """An annotation that a field contradicts is refused; so it goes where there is a field."""
    spec, notes = pod["spec"], pod["metadata"].get("annotations", {})
    above = spec.get("securityContext") or {}
    for container in _containers(spec):
        own = container.get("securityContext") or {}
        if own.get("appArmorProfile") or above.get("appArmorProfile"):
            notes.pop(_APPARMOR + container["name"], None)
        if own.get("seccompProfile") or above.get("seccompProfile"):
            notes.pop(_SECCOMP + container["name"], None)
    if above.get("seccompProfile"):
        notes.pop(_SECCOMP_POD, None)
