"""What to ask a provider who runs the control plane, since nobody else can look into it."""

from collections.abc import Mapping

import msgspec


class Commands(msgspec.Struct, frozen=True):
    """A provider's command that shows how a cluster is set, and the one that changes it."""

    look: str
    change: str


class Providers(msgspec.Struct, frozen=True):
    """The commands of each provider, by the distribution in lower case."""

    commands: Mapping[str, Commands]

    def of(self, distribution: str) -> Commands | None:
        """Return the commands for a distribution; None where no provider is to be asked."""
        return self.commands.get(distribution.lower())

    def ask(self, distribution: str) -> str:
        """Return the command that tells what cannot be seen; empty where there is none."""
        found = self.of(distribution)
        return found.look if found else ""
