"""Pod Security Standards: what only this area shows."""

from collections.abc import Iterator, Sequence

from k8sharden.analysis.pod_security import Level
from k8sharden.changes.reach import NamespaceReach
from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.picture import PicturedArea, Sketch
from screens.words import counted


class PodSecurityScreen(PicturedArea):
    """Pod Security Standards."""

    area = Area.POD_SECURITY
    crumb = Area.POD_SECURITY.value
    told = "levels"
    intro = "What pods may ask of the node they run on."
    reads = (kinds.NAMESPACES,)

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        spaces = scan.inventory.namespaces
        enforced = sum(
            "pod-security.kubernetes.io/enforce" in space.metadata.label for space in spaces
        )
        return f"{enforced} of {counted(len(spaces), 'namespace')} enforce a level. P: levels."

    def sketch(self, scan: Scan) -> Sketch:
        """Return the namespaces of people by level, and what keeps workloads from restricted."""
        session = self.desk.session
        found = session.reaches(scan) if session else ()
        people = [each for each in found if not each.system]
        heads = ("Namespace", "Enforced", "Today", "After fixes", "Below restricted then")
        return Sketch(_told(people), heads, tuple(map(_row, people)), tuple(_in_the_way(people)))


def _told(found: Sequence[NamespaceReach]) -> str:
    restricted = Level.RESTRICTED
    now = sum(each.enforced is restricted for each in found)
    today = sum(each.today is restricted for each in found)
    after = sum(each.after is restricted for each in found)
    return (
        f"Restricted: {now} of {counted(len(found), 'namespace')} now, {today} possible today, "
        f"{after} after fixes."
    )


def _row(found: NamespaceReach) -> tuple[str, ...]:
    short = sum(bool(each.reasons) for each in found.workloads)
    note = f"{short} of {len(found.workloads)} workloads" if short else ""
    if found.unknown:
        note = "not all was read"
    elif not found.workloads:
        note = "nothing runs in it"
    return (found.name, found.enforced or "none", _word(found.today), _word(found.after), note)


def _word(level: Level | None) -> str:
    return "unknown" if level is None else level.value


def _in_the_way(found: Sequence[NamespaceReach]) -> Iterator[str]:
    for namespace in found:
        if namespace.unknown:
            yield f"Namespace {namespace.name}: {namespace.unknown}"
        for each in namespace.workloads:
            yield from (f"{each.ref.label}: {reason}" for reason in each.reasons)
