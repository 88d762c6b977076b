"""The controls of the Pod Security Standards, one file each.

Named as Kubernetes names them. A newer version of a control delegates to the older one and says
only what changed. Source: k8s.io/pod-security-admission v0.37.2, folder policy.
"""

from k8sharden.analysis.pod_security.control import Control
from k8sharden.analysis.pod_security.controls import (
    allow_privilege_escalation,
    app_armor_profile,
    capabilities_baseline,
    capabilities_restricted,
    host_namespaces,
    host_path_volumes,
    host_ports,
    host_probes_and_host_lifecycle,
    privileged,
    proc_mount,
    proc_mount_restricted,
    restricted_volumes,
    run_as_non_root,
    run_as_user,
    seccomp_profile_baseline,
    seccomp_profile_restricted,
    selinux_options,
    sysctls,
    windows_host_process,
)

CONTROLS: tuple[Control, ...] = (
    allow_privilege_escalation.CONTROL,
    app_armor_profile.CONTROL,
    capabilities_baseline.CONTROL,
    capabilities_restricted.CONTROL,
    host_namespaces.CONTROL,
    host_path_volumes.CONTROL,
    host_ports.CONTROL,
    host_probes_and_host_lifecycle.CONTROL,
    privileged.CONTROL,
    proc_mount.CONTROL,
    proc_mount_restricted.CONTROL,
    restricted_volumes.CONTROL,
    run_as_non_root.CONTROL,
    run_as_user.CONTROL,
    seccomp_profile_baseline.CONTROL,
    seccomp_profile_restricted.CONTROL,
    selinux_options.CONTROL,
    sysctls.CONTROL,
    windows_host_process.CONTROL,
)
