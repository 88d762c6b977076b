"""RBAC: who may do what."""

from k8sharden.model.item import Item
from remediations.rbac import cluster_admin, pods_exec

ITEMS: tuple[Item, ...] = (cluster_admin.ITEM, pods_exec.ITEM)
