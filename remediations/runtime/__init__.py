"""Runtime: what a process in a container can still do to its surroundings."""

from remediations.runtime import (
    debug_left,
    default_ns,
    gitrepo,
    limits,
    node_version,
    rofs,
    seccomp,
    userns,
)

ITEMS = (
    rofs.ITEM,
    seccomp.ITEM,
    userns.ITEM,
    limits.ITEM,
    debug_left.ITEM,
    default_ns.ITEM,
    gitrepo.ITEM,
    node_version.ITEM,
)
