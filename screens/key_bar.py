"""The keys at the bottom. What does not fit is left out whole; help and quit always stay."""

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding
from textual.events import Resize
from textual.widgets import Footer
from textual.widgets._footer import FooterKey

_LAST = ("help", "quit")
_ENTER = "select_cursor"
"""What Enter does in a table, as Textual calls it."""
_AROUND = 3
"""Cells around a key and its words."""


class KeyBar(Footer):
    """Textual's footer cuts what is too long, and with it the keys that help."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._shown: list[Binding] = []

    def on_resize(self, event: Resize) -> None:
        """Choose the keys anew for the new width."""
        del event
        self.call_after_refresh(self._choose)

    async def _choose(self) -> None:
        if [each.binding for each in self._fitting()] != self._shown:
            await self.recompose()

    def compose(self) -> ComposeResult:
        """Yield the keys that fit, the most particular ones first."""
        if not self._bindings_ready:
            return
        fitting = self._fitting()
        self._shown = [each.binding for each in fitting]
        self.styles.grid_size_columns = len(fitting)
        for active in fitting:
            binding = active.binding
            shown = FooterKey(
                binding.key,
                self.app.get_key_display(binding),
                self._words(binding),
                binding.action,
                disabled=not active.enabled,
                tooltip=active.tooltip,
            )
            # It begins as compact, and to change that later costs two more stylings of each key.
            shown.set_reactive(FooterKey.compact, False)  # noqa: FBT003 - the value
            yield shown

    def _words(self, binding: Binding) -> str:
        """Return what a key does; what Enter does with a row is for the screen to say."""
        return self._enters if binding.action == _ENTER else binding.description

    @property
    def _enters(self) -> str:
        return str(getattr(self.screen, "enters", ""))

    def _candidates(self) -> dict[str, ActiveBinding]:
        """Return the keys of the screen, then what it offers of the app's, by their actions."""
        actives = self.screen.active_bindings.values()
        mine: dict[str, ActiveBinding] = {}
        for active in actives:
            if active.binding.show and active.node is not self.app and self._words(active.binding):
                mine.setdefault(active.binding.action, active)
        # Textual's own keys have no id: they leave, for one, in the middle of a write.
        of_app = {
            active.binding.action: active
            for active in actives
            if active.node is self.app and active.binding.id
        }
        offers = (*getattr(self.screen, "offers", ()), *_LAST)
        return mine | {name: of_app[name] for name in offers if name in of_app}

    def _fitting(self) -> list[ActiveBinding]:
        shown = self._candidates()
        last = [active for action, active in shown.items() if action in _LAST]
        left = self.app.size.width - sum(self._wide(active.binding) for active in last)
        first = []
        for action, active in shown.items():
            if action not in _LAST:
                left -= self._wide(active.binding)
                if left < 0:
                    break
                first.append(active)
        return [*first, *last]

    def _wide(self, binding: Binding) -> int:
        return (
            cell_len(self.app.get_key_display(binding)) + cell_len(self._words(binding)) + _AROUND
        )
