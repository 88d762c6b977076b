"""What is known of the control plane: its flags and its counters, and where each was seen."""

from collections.abc import Mapping

import msgspec


class ApiServerFlags(msgspec.Struct, frozen=True):
    """The command line of one API server; ``source`` says where it was read."""

    source: str
    flags: Mapping[str, str]


class Sample(msgspec.Struct, frozen=True):
    """One sample of a metric family."""

    name: str
    labels: Mapping[str, str]
    value: float


class ControlPlane(msgspec.Struct, frozen=True):
    """Evidence about the API servers.

    ``samples`` is None where /metrics could not be read. ``missing`` names, for each source that
    could not be used, why and which permission would open it. ``replicas`` is how many API servers
    there are, None where nobody said.
    """

    distribution: str = "unknown"
    managed: bool = False
    servers: tuple[ApiServerFlags, ...] = ()
    samples: tuple[Sample, ...] | None = None
    missing: tuple[str, ...] = ()
    replicas: int | None = None

    def values(self, flag: str) -> tuple[str, ...]:
        """Return the flag's value on each API server that was seen, empty where not set."""
        return tuple(server.flags.get(flag, "") for server in self.servers)

    def sources(self) -> tuple[str, ...]:
        """Return where flags were read."""
        return tuple(server.source for server in self.servers)

    def family(self, name: str) -> tuple[Sample, ...]:
        """Return the samples of one metric; empty where there are none or none were read."""
        return tuple(sample for sample in self.samples or () if sample.name == name)
