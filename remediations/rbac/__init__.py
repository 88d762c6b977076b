"""RBAC: who may do what."""

from k8sharden.model.item import Item
from remediations.rbac import (
    anonymous,
    authenticated,
    automount,
    cluster_admin,
    dangling,
    default_sa,
    escalate,
    legacy_token,
    masters_subject,
    nodes_proxy,
    pods_exec,
    secrets_read,
    wildcard,
    workload_write,
)

ITEMS: tuple[Item, ...] = (
    cluster_admin.ITEM,
    wildcard.ITEM,
    secrets_read.ITEM,
    workload_write.ITEM,
    pods_exec.ITEM,
    nodes_proxy.ITEM,
    escalate.ITEM,
    anonymous.ITEM,
    authenticated.ITEM,
    masters_subject.ITEM,
    default_sa.ITEM,
    automount.ITEM,
    legacy_token.ITEM,
    dangling.ITEM,
)
