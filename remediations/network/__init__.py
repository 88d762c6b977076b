"""Network policies: who may talk to whom."""

from k8sharden.model.item import Item
from remediations.network import no_default_deny_ingress

ITEMS: tuple[Item, ...] = (no_default_deny_ingress.ITEM,)
