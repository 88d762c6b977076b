"""What a session reads: a place, registries where somebody says so, logs."""

from collections.abc import Mapping, Sequence

import msgspec

from k8sharden.analysis.moving import questions
from k8sharden.cluster.progress import Stopped, Tell
from k8sharden.evidence.given import Evidence
from k8sharden.model.facts import ImageFact
from k8sharden.model.inventory import Inventory
from k8sharden.place import Place

_ASKING = ("scan", "plan", "apply", "export", "images")
"""The commands that ask registries, where they are told to."""

_WEIGHING = ("scan", "plan", "apply", "export", "rights")
"""Those that make roles from evidence of use."""

_SHOWING = (*_WEIGHING, "paths")
"""Those that take evidence of use."""

_CALLING = ("scan", "plan", "apply", "export", "reach", "calls")
"""Those that take observed flows."""


class Reading:
    """Reads a place with all evidence that there is, as often as somebody scans.

    With ``asks`` the first reading also asks the registries of the images.
    """

    def __init__(
        self, place: Place, evidence: Evidence, *, asks: bool, widen: Sequence[str]
    ) -> None:
        self._place = place
        self._audit_log, self._flow_log = evidence.audit_log, evidence.flow_log
        self._asks = asks
        self._widen = tuple(dict.fromkeys(widen))
        self._images: Mapping[str, ImageFact] = {}

    def inventory(self, progress: Tell, cancelled: Stopped) -> Inventory:
        """Read everything. Raises `Cancelled` soon after ``cancelled`` says so."""
        given = self._audit_log.usage(progress, cancelled)
        seen = self._flow_log.flows(progress, cancelled)
        read = self._place.collect(progress, cancelled)
        usage = self._audit_log.checked(given, read) if given else self._place.usage()
        flows = self._flow_log.checked(seen, read) if seen else self._place.flows()
        known = msgspec.structs.replace(read, facts=self._place.registries.settled)
        if self._asks:
            self._asks = False  # A scan that is stopped here does not ask by itself next time.
            asked = self._place.registries.ask(questions(known), progress, cancelled)
            self._images = dict(asked)
        facts = msgspec.structs.replace(
            known.facts, images=self._images, usage=usage, widen=self._widen, flows=flows
        )
        return msgspec.structs.replace(read, facts=facts)

    def ask_registries(self) -> None:
        """Let the next reading ask the registries; what they said is kept from then on."""
        self._asks = True

    def options(self, command: str) -> tuple[str, ...]:
        """Return the command line's options that make a command read the same."""
        asks = command in _ASKING and (self._asks or self._images)
        registries = ("--registries",) if asks else ()
        log = self._audit_log.options if command in _SHOWING else ()
        flows = self._flow_log.options if command in _CALLING else ()
        wider = self._widen if command in _WEIGHING else ()
        return (*registries, *log, *flows, *(word for each in wider for word in ("--widen", each)))
