"""The values that generated pods are made of: usual ones, forbidden ones, and odd ones.

None stands for a field that is there and null, which the API server takes as not set.
"""

from collections.abc import Mapping
from typing import Any

LOCALHOST = {"type": "Localhost", "localhostProfile": "profiles/web.json"}
PROFILES: tuple[Any, ...] = ({"type": "RuntimeDefault"}, LOCALHOST, {"type": "Unconfined"}, None)
SELINUX: tuple[Any, ...] = (
    {},
    None,
    {"type": ""},
    {"type": "container_t"},
    {"type": "container_init_t"},
    {"type": "container_engine_t"},
    {"type": "Container_t"},
    {"type": "spc_t"},
    {"level": "s0:c123,c456"},
    {"user": "system_u", "role": ""},
    {"user": "system_u", "type": "container_kvm_t"},
    {"type": "spc_t", "user": "root", "role": "sysadm_r", "level": "s0"},
)
WINDOWS: tuple[Any, ...] = (
    {},
    None,
    {"runAsUserName": "ContainerUser"},
    {"hostProcess": False},
    {"hostProcess": None},
    {"hostProcess": True},
)

POD_SECURITY: Mapping[str, tuple[Any, ...]] = {
    "runAsNonRoot": (True, False, None),
    "runAsUser": (0, 0, 1000, None),
    "runAsGroup": (0, 1000),
    "fsGroup": (0, 1000),
    "supplementalGroups": ([0], []),
    "seccompProfile": PROFILES,
    "appArmorProfile": PROFILES,
    "seLinuxOptions": SELINUX,
    "windowsOptions": WINDOWS,
}
CONTAINER_SECURITY: Mapping[str, tuple[Any, ...]] = {
    "privileged": (True, True, False, None),
    "allowPrivilegeEscalation": (True, False, None),
    "readOnlyRootFilesystem": (True, False),
    "runAsNonRoot": (True, False, None),
    "runAsUser": (0, 0, 1, 65534, None),
    "runAsGroup": (0,),
    "procMount": ("Default", "Unmasked", "Unmasked", None),
    "seccompProfile": PROFILES,
    "appArmorProfile": PROFILES,
    "seLinuxOptions": SELINUX,
    "windowsOptions": WINDOWS,
}
SPEC: Mapping[str, tuple[Any, ...]] = {
    "hostNetwork": (True, False, None),
    "hostPID": (True, False),
    "hostIPC": (True, False),
    "hostUsers": (False, False, True, None),
    "shareProcessNamespace": (True,),
    "nodeSelector": ({"kubernetes.io/os": "windows"}, {"kubernetes.io/os": "linux"}),
    "automountServiceAccountToken": (True, False),
}

ADDED = (
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "KILL", "MKNOD", "NET_BIND_SERVICE", "NET_BIND_SERVICE",
    "NET_RAW", "SETPCAP", "SYS_ADMIN", "SYS_TIME", "ALL", "all", "CAP_SYS_ADMIN", "CAP_CHOWN",
    "net_bind_service", "NO_SUCH_THING",
)  # fmt: skip
DROPPED = ("ALL", "ALL", "ALL", "all", "CAP_ALL", "NET_RAW", "KILL")

SYSCTLS = (
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
    "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ping_group_range", "net.ipv4.tcp_rmem",
    "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_wmem", "net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle",
    "net/ipv4/tcp_syncookies", "net.core.somaxconn", "kernel.msgmax", "kernel.sem", "vm.swappiness",
    "fs.mqueue.msg_max",
)  # fmt: skip
NETWORK_SYSCTLS = ("net.", "net/")
IPC_SYSCTLS = ("kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue.")

PORTS = (9, 53, 80, 443, 3000, 8080, 9090, 30000)
HOSTS = (
    None,
    "",
    "",
    "127.0.0.1",
    "localhost",
    "db.kestrel.example",
    "169.254.169.254",
    'a"b',
    "é",
)

SECCOMP_NOTES = ("runtime/default", "docker/default", "localhost/profiles/web.json", "unconfined")
APPARMOR_NOTES = ("runtime/default", "localhost/web", "unconfined", "unconfined")

_NAMES = {"monitors": ["192.0.2.1"], "image": "data"}
_KEYS = {"secretName": "web", "shareName": "data"}
VOLUMES: tuple[Mapping[str, Any], ...] = (
    {},
    {"hostPath": None},
    {"configMap": {"name": "web"}},
    {"csi": {"driver": "csi.kestrel.example"}},
    {"downwardAPI": {"items": [{"path": "name", "fieldRef": {"fieldPath": "metadata.name"}}]}},
    {"emptyDir": {}},
    {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}, "nfs": None},
    {
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}},
                }
            }
        }
    },
    {"image": {"reference": "registry.kestrel.example/shop/assets:3"}},
    {"persistentVolumeClaim": {"claimName": "data"}},
    {"projected": {"sources": [{"configMap": {"name": "web"}}]}},
    {"secret": {"secretName": "web"}},
    {"hostPath": {"path": "/"}},
    {"hostPath": {"path": "/var/run/containerd.sock", "type": "Socket"}},
    {"gcePersistentDisk": {"pdName": "data"}},
    {"awsElasticBlockStore": {"volumeID": "vol-1"}},
    {"gitRepo": {"repository": "https://git.kestrel.example/shop.git"}},
    {"nfs": {"server": "192.0.2.1", "path": "/data"}},
    {"iscsi": {"targetPortal": "192.0.2.1", "iqn": "iqn.2020-01.example.kestrel:a", "lun": 0}},
    {"glusterfs": {"endpoints": "data", "path": "data"}},
    {"rbd": _NAMES},
    {"flexVolume": {"driver": "kestrel.example/data"}},
    {"cinder": {"volumeID": "vol-1"}},
    {"cephfs": {"monitors": ["192.0.2.1"]}},
    {"flocker": {"datasetName": "data"}},
    {"fc": {"targetWWNs": ["50060e801049cfd1"], "lun": 0}},
    {"azureFile": _KEYS},
    {"vsphereVolume": {"volumePath": "[data] web"}},
    {"quobyte": {"registry": "192.0.2.1:7861", "volume": "data"}},
    {
        "azureDisk": {
            "diskName": "data",
            "diskURI": "https://data.blob.core.windows.net/vhds/data.vhd",
        }
    },
    {"photonPersistentDisk": {"pdID": "pd-1"}},
    {"portworxVolume": {"volumeID": "vol-1"}},
    {
        "scaleIO": {
            "gateway": "https://192.0.2.1",
            "system": "s",
            "volumeName": "data",
            "secretRef": {"name": "web"},
        }
    },
    {"storageos": {"volumeName": "data"}},
)
