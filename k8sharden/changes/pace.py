"""The pace of one change: what follows a rollout within it waits until old pods have gone.

A change that moves workloads to something new, and takes the old away last, relies on that: pods
of before still use the old.
"""

from k8sharden.changes.bind import Bound
from k8sharden.changes.landing import Landed, Landing, Watch, rolls
from k8sharden.errors import Refused
from k8sharden.model.ref import Ref
from k8sharden.model.rolling import Seen

_WAITS = "is written when new pods have taken over; with --no-wait at once."


class Pace:
    """The rollouts that the writes of one change begin; ``watch`` is None where nobody waits."""

    def __init__(self, watch: Watch | None) -> None:
        self._watch = watch
        self._about: list[Bound] = []
        self._before: dict[Ref, Seen | None] = {}
        self._waited = 0

    @property
    def rolls(self) -> bool:
        """Whether something rolls that is watched."""
        return bool(self._before)

    def ready(self, bound: Bound) -> None:
        """Return when this write may be made.

        Raises `Refused` where the pods before it do not go, or nobody saw them go.
        """
        if self._watch is None:
            return
        if rolls(bound):
            self._about.append(bound)
            self._before[bound.ref] = self._watch.look(bound.ref)
        elif self._waited < len(self._before):
            self._waited = len(self._before)
            landing = self.landing()
            stays = f"Pods of {landing.stay} from before still run. " if landing.stay else ""
            if stays or landing.landed in (Landed.BADLY, Landed.UNKNOWN):
                raise Refused(f"{stays}{landing.said} {bound.ref.label} {_WAITS}")

    def landing(self) -> Landing:
        """Wait until all of them have landed; the first that fails ends it."""
        if self._watch is None:
            return Landing(Landed.UNWATCHED)
        return self._watch.landing(self._before, self._about)
