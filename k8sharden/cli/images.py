"""``k8sharden images``: which registries the images come from, and how many are pinned."""

from typing import Any

import click
import msgspec

from k8sharden.analysis.image_use import RegistryUse, notes, registries, together, unread
from k8sharden.cli.options import asking_option, open_session, source_options, split
from k8sharden.cli.output import emit, out_option, output_options, say, scanning, table, to_json
from k8sharden.cli.registries import tell_asked
from k8sharden.cli.selection import check_namespace
from k8sharden.model.text import one_line

_BAR = 20


@click.command()
@source_options()
@click.option(
    "-n", "--namespace", "namespaces", multiple=True, metavar="NS", help="Only this namespace."
)
@asking_option
@output_options
@out_option
def images(**options: Any) -> int:
    """Show the registries by their number of images, and the share that is pinned."""
    source, _, rest = split(options)
    session = open_session(source)
    with scanning() as show:
        inventory = session.scan(show).inventory
    for name in source.namespaces:
        check_namespace(inventory, name)
    found = registries(inventory.limited_to(source.namespaces) if source.namespaces else inventory)
    gap = unread(inventory, source.namespaces)
    if rest["output"] == "json":
        document = {
            "schema": "k8sharden.images/v1",
            "unknown": gap,
            "registries": [msgspec.to_builtins(use) for use in found],
            "answers": [msgspec.to_builtins(fact) for fact in inventory.facts.images.values()],
        }
        emit(to_json(document), rest["out"])
    else:
        emit(_table(found), rest["out"])
    if gap:
        say(gap)
    tell_asked(inventory.facts)
    return 0


def _table(found: tuple[RegistryUse, ...]) -> str:
    if not found:
        return "No images."
    rows = [_row(use) for use in (*found, together(found))]
    return table(("REGISTRY", "IMAGES", "PINNED", "", "CONTAINERS", "NOTE"), rows)


def _row(use: RegistryUse) -> tuple[str, ...]:
    full = round(use.share * _BAR)
    bar = "#" * full + "." * (_BAR - full)
    return (
        one_line(use.registry, 60),
        str(use.images),
        f"{use.share:.0%}",
        bar,
        str(use.containers),
        notes(use),
    )
