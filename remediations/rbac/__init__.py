"""RBAC: who may do what."""

from k8sharden.model.item import Item
from remediations.rbac import (
    anonymous,
    authenticated,
    automount,
    cluster_admin,
    dangling,
    default_sa,
    legacy_token,
    masters_subject,
    pods_exec,
)

ITEMS: tuple[Item, ...] = (
    cluster_admin.ITEM,
    pods_exec.ITEM,
    anonymous.ITEM,
    authenticated.ITEM,
    masters_subject.ITEM,
    default_sa.ITEM,
    automount.ITEM,
    legacy_token.ITEM,
    dangling.ITEM,
)
