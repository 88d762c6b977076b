"""Audit logging: what can be told afterwards."""

from k8sharden.model.item import Item
from remediations.audit import off

ITEMS: tuple[Item, ...] = (off.ITEM,)
