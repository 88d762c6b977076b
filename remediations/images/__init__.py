"""Images: that what runs is what was meant to run."""

from remediations.images import no_digest

ITEMS = (no_digest.ITEM,)
