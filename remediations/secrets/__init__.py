"""Secrets management: where secret values lie, and who can read them there."""

from k8sharden.model.item import Item
from remediations.secrets import etcd_plain

ITEMS: tuple[Item, ...] = (etcd_plain.ITEM,)
