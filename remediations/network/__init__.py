"""Network policies: who may talk to whom."""

from k8sharden.model.item import Item
from remediations.network import (
    allow_all,
    cilium_mode,
    cni_unenforced,
    dead_selector,
    exposed,
    external_ips,
    hostnetwork,
    ingress_nginx,
    l7,
    metadata_egress,
    no_default_deny_egress,
    no_default_deny_ingress,
    pod_uncovered,
    policytypes_gap,
)

ITEMS: tuple[Item, ...] = (
    cni_unenforced.ITEM,
    no_default_deny_ingress.ITEM,
    no_default_deny_egress.ITEM,
    pod_uncovered.ITEM,
    allow_all.ITEM,
    metadata_egress.ITEM,
    dead_selector.ITEM,
    policytypes_gap.ITEM,
    hostnetwork.ITEM,
    cilium_mode.ITEM,
    l7.ITEM,
    external_ips.ITEM,
    exposed.ITEM,
    ingress_nginx.ITEM,
)
