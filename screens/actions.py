"""What can be done on a screen: one list for help and palette, so that both are complete."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from screens.keys import is_ours


@dataclass(frozen=True, slots=True)
class Action:
    """One action: its keys as people write them, what it does, and the node it is run on."""

    keys: str
    label: str
    more: str
    name: str
    node: DOMNode


def actions_of(screen: Screen[Any], changed: Mapping[str, str]) -> list[Action]:
    """Return what our keys do on a screen: first where the focus is, then in its other panes.

    ``changed`` are the keys that the settings give to bindings, by their ids.
    """
    found: dict[tuple[str, str], Action] = {}
    seen = set()
    for node, binding in (*_focused(screen), *_elsewhere(screen, changed)):
        key, label = screen.app.get_key_display(binding), binding.description
        if (key, label) not in seen:
            # The same key with the same word in another pane follows the focus.
            seen.add((key, label))
            known = found.get((binding.action, label))
            found[binding.action, label] = (
                replace(known, keys=f"{known.keys} {key}")
                if known
                else Action(key, label, binding.tooltip, binding.action, node)
            )
    return list(found.values())


def _focused(screen: Screen[Any]) -> Iterator[tuple[DOMNode, Binding]]:
    for active in screen.active_bindings.values():
        if is_ours(active.binding):
            yield active.node, active.binding


def _elsewhere(
    screen: Screen[Any], changed: Mapping[str, str]
) -> Iterator[tuple[DOMNode, Binding]]:
    """Yield the bindings of the panes that the focus can move to."""
    for pane in screen.focus_chain:
        for kind in type(pane).__mro__:
            for binding in kind.__dict__.get("BINDINGS", ()):
                if isinstance(binding, Binding) and is_ours(binding):
                    keys = changed.get(binding.id or "")
                    mine = binding.with_key(keys) if keys else binding
                    yield from ((pane, each) for each in Binding.make_bindings([mine]))
