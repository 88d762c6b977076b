"""Runtime: what a process in a container can still do to its surroundings."""

from remediations.runtime import rofs, seccomp

ITEMS = (rofs.ITEM, seccomp.ITEM)
