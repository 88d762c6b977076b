"""Image security: what only this area shows."""

from collections.abc import Iterator
from typing import ClassVar

from textual.binding import BindingType

from k8sharden.analysis.image_use import RegistryUse, notes, registries, together, unread
from k8sharden.model import kinds
from k8sharden.model.finding import Area
from k8sharden.session import Scan
from screens.keys import quiet
from screens.picture import PicturedArea, Sketch, bar
from screens.words import counted

_SHOWN = 10
"""Problems of registries that the picture names."""


class ImagesScreen(PicturedArea):
    """Image security."""

    area = Area.IMAGES
    crumb = Area.IMAGES.value
    told = "images"
    intro = "Which images run, and whether they are still the ones that were checked."
    reads = (kinds.PODS,)

    BINDINGS: ClassVar[list[BindingType]] = [
        quiet("images.ask", "R", "ask", "Ask the registries", "Scan, and ask them for digests"),
    ]

    def facts(self, scan: Scan) -> str:
        """Say what was read that only this area looks at."""
        asked = scan.inventory.facts.images
        known = sum(not fact.problem for fact in asked.values())
        told = f" Registries know {known} of {len(asked)}." if asked else ""
        return f"Read: {counted(len(scan.inventory.pods), 'pod')}.{told} P: by registry."

    def sketch(self, scan: Scan) -> Sketch:
        """Return the registries by their number of images, and how many of these are pinned."""
        found = registries(scan.inventory)
        total = together(found)
        places = "1 registry" if len(found) == 1 else f"{len(found)} registries"
        images = counted(total.images, "image")
        sentence = f"{images} from {places}, {total.share:.0%} pinned by digest."
        heads = ("Registry", "  Pinned", "", "Note")
        below = (*filter(None, [unread(scan.inventory)]), *_unanswered(scan))
        return Sketch(sentence, heads, tuple(map(_row, found)), below)

    def action_ask(self) -> None:
        """Scan again, and ask the registries of the images on the way."""
        session = self.desk.session
        if session is None:
            self.say("Choose a cluster first.")
        elif self.desk.scanning:
            self.say("A scan is running: press R again when it has ended.")
        else:
            session.ask_registries()
            self.house.action_rescan()
            self.say("The registries are asked, after a new scan. Esc shows how far it is.")


def _unanswered(scan: Scan) -> Iterator[str]:
    """Yield why registries said nothing, of the first images."""
    problems = [fact.problem for fact in scan.inventory.facts.images.values() if fact.problem]
    yield from problems[:_SHOWN]
    if len(problems) > _SHOWN:
        yield f"And {len(problems) - _SHOWN} more."


def _row(use: RegistryUse) -> tuple[str, ...]:
    pinned = f"{use.pinned} of {use.images}"
    return (use.registry, f"{pinned:>8}", bar(use.share), notes(use))
