"""The rights that lead on: what the steps of paths look for in roles."""

from collections.abc import Mapping

from k8sharden.analysis.rbac.paths.places import Ask

_RBAC = "rbac.authorization.k8s.io"
_AUTHENTICATION = "authentication.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_CERTIFICATES = "certificates.k8s.io"


def asks(verbs: str, resources: str, group: str = "") -> tuple[Ask, ...]:
    """Return each verb on each resource; words are separated by blanks."""
    return tuple(
        Ask(verb, resource, group) for resource in resources.split() for verb in verbs.split()
    )


TOKEN = asks("create", "serviceaccounts/token")
CREATE_ACCOUNTS = asks("create", "serviceaccounts")
READ_SECRETS = asks("get list watch", "secrets")
CREATE_SECRETS = asks("create", "secrets")
CREATE_PODS = (
    *asks("create", "pods replicationcontrollers"),
    *asks("create", "deployments statefulsets daemonsets replicasets", "apps"),
    *asks("create", "jobs cronjobs", "batch"),
)
CHANGE_TEMPLATES = (
    *asks("update patch", "replicationcontrollers"),
    *asks("update patch", "deployments statefulsets daemonsets replicasets", "apps"),
    *asks("update patch", "cronjobs", "batch"),
)
CHANGE_PODS = asks("update patch", "pods")
ENTER = asks("create", "pods/exec")
ENTER_BY_GET = asks("get", "pods/exec")
DEBUG = asks("update patch", "pods/ephemeralcontainers")
CREATE_CLAIMS = asks("create", "persistentvolumeclaims")
CREATE_VOLUMES = asks("create", "persistentvolumes")
LABEL_NAMESPACES = asks("update patch", "namespaces")
NODES_PROXY = asks("get create", "nodes/proxy")
IMPERSONATE_USERS = asks("impersonate", "users")
IMPERSONATE_GROUPS = asks("impersonate", "groups")
IMPERSONATE_ACCOUNTS = asks("impersonate", "serviceaccounts")
AS_USERS = asks("impersonate:user-info", "users", _AUTHENTICATION)
AS_GROUPS = asks("impersonate:user-info", "groups", _AUTHENTICATION)
AS_ACCOUNTS = asks("impersonate:serviceaccount", "serviceaccounts", _AUTHENTICATION)
CREATE_ROLE_BINDINGS = asks("create", "rolebindings", _RBAC)
CHANGE_ROLE_BINDINGS = asks("update patch", "rolebindings", _RBAC)
CREATE_CLUSTER_BINDINGS = asks("create", "clusterrolebindings", _RBAC)
CHANGE_CLUSTER_BINDINGS = asks("update patch", "clusterrolebindings", _RBAC)
BIND_ROLES = asks("bind", "roles", _RBAC)
BIND_CLUSTER_ROLES = asks("bind", "clusterroles", _RBAC)
ESCALATE_ROLES = asks("escalate", "roles", _RBAC)
ESCALATE_CLUSTER_ROLES = asks("escalate", "clusterroles", _RBAC)
CHANGE_ROLES = asks("update patch", "roles", _RBAC)
CHANGE_CLUSTER_ROLES = asks("update patch", "clusterroles", _RBAC)
CREATE_WEBHOOKS = asks("create", "mutatingwebhookconfigurations", _ADMISSION)
CHANGE_WEBHOOKS = asks("update patch", "mutatingwebhookconfigurations", _ADMISSION)
CREATE_MUTATIONS = asks("create", "mutatingadmissionpolicies", _ADMISSION)
BIND_MUTATIONS = asks("create", "mutatingadmissionpolicybindings", _ADMISSION)
CREATE_REQUESTS = asks("create", "certificatesigningrequests", _CERTIFICATES)
APPROVE_REQUESTS = asks("update patch", "certificatesigningrequests/approval", _CERTIFICATES)
APPROVE_SIGNERS = asks("approve", "signers", _CERTIFICATES)

ALL: tuple[Ask, ...] = (
    *TOKEN, *CREATE_ACCOUNTS, *READ_SECRETS, *CREATE_SECRETS, *CREATE_PODS, *CHANGE_TEMPLATES,
    *CHANGE_PODS, *ENTER,
    *ENTER_BY_GET, *DEBUG, *CREATE_CLAIMS, *CREATE_VOLUMES, *LABEL_NAMESPACES, *NODES_PROXY,
    *IMPERSONATE_USERS, *IMPERSONATE_GROUPS, *IMPERSONATE_ACCOUNTS, *AS_USERS, *AS_GROUPS,
    *AS_ACCOUNTS, *CREATE_ROLE_BINDINGS, *CHANGE_ROLE_BINDINGS, *CREATE_CLUSTER_BINDINGS,
    *CHANGE_CLUSTER_BINDINGS, *BIND_ROLES, *BIND_CLUSTER_ROLES, *ESCALATE_ROLES,
    *ESCALATE_CLUSTER_ROLES, *CHANGE_ROLES, *CHANGE_CLUSTER_ROLES, *CREATE_WEBHOOKS,
    *CHANGE_WEBHOOKS, *CREATE_MUTATIONS, *BIND_MUTATIONS, *CREATE_REQUESTS, *APPROVE_REQUESTS,
    *APPROVE_SIGNERS,
)  # fmt: skip
BY_RESOURCE: Mapping[str, list[Ask]] = {
    resource: [each for each in ALL if each.resource == resource]
    for resource in dict.fromkeys(each.resource for each in ALL)
}
CLUSTER_SCOPED = frozenset(
    {
        "certificatesigningrequests",
        "certificatesigningrequests/approval",
        "clusterrolebindings",
        "groups",
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "mutatingwebhookconfigurations",
        "nodes/proxy",
        "persistentvolumes",
        "signers",
        "users",
    }
)
"""What a RoleBinding cannot give; `bind` on ClusterRoles it can, for its own namespace."""
