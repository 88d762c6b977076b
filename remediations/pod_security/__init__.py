"""Pod Security Standards: what namespaces admit, and what pod templates ask for."""

from remediations.pod_security import (
    allow_privilege_escalation,
    apparmor,
    capabilities_baseline,
    capabilities_restricted,
    enforce_privileged,
    enforce_raisable,
    host_namespaces,
    host_path,
    host_ports,
    host_probes,
    invalid_label,
    no_audit,
    no_enforce,
    privileged,
    proc_mount,
    run_as_non_root,
    run_as_user,
    selinux,
    sysctls,
    version_future,
    version_stale,
    volume_types,
    windows_host_process,
)

NAMESPACES = (
    no_enforce.ITEM,
    enforce_privileged.ITEM,
    enforce_raisable.ITEM,
    invalid_label.ITEM,
    version_future.ITEM,
    version_stale.ITEM,
    no_audit.ITEM,
)

TEMPLATES = (
    privileged.ITEM,
    host_namespaces.ITEM,
    capabilities_baseline.ITEM,
    capabilities_restricted.ITEM,
    host_path.ITEM,
    host_ports.ITEM,
    windows_host_process.ITEM,
    apparmor.ITEM,
    selinux.ITEM,
    proc_mount.ITEM,
    sysctls.ITEM,
    host_probes.ITEM,
    volume_types.ITEM,
    allow_privilege_escalation.ITEM,
    run_as_non_root.ITEM,
    run_as_user.ITEM,
)

ITEMS = (*NAMESPACES, *TEMPLATES)
