"""What a change is applied with."""

import msgspec

from k8sharden.changes.access import Inquiry
from k8sharden.changes.ground import Ground
from k8sharden.changes.journal import Journal
from k8sharden.changes.landing import Watch
from k8sharden.changes.write import Writer


class Means(msgspec.Struct, frozen=True):
    """What a change is applied with; ``watch`` and ``ground`` are None where nobody wants them."""

    writer: Writer
    journal: Journal
    inquiry: Inquiry
    watch: Watch | None = None
    ground: Ground | None = None
