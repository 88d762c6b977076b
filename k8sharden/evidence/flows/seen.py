"""One connection that was seen, whatever the form in which it was written down."""

from typing import NamedTuple

from k8sharden.model.flows import FlowEnd

LONGEST = 253
"""Characters of the longest name that is kept: no name in Kubernetes or DNS is longer."""
PORTS = range(1, 65_536)
PROTOCOLS = ("TCP", "UDP", "SCTP")
"""What network policies can speak of."""


class Seen(NamedTuple):
    """A connection from a source to a port of a target, so many ``times``.

    ``passed`` is False where it was dropped. ``when`` is in seconds since 1970, 0 where it is not
    told; ``path`` is that of an HTTP request.
    """

    source: FlowEnd
    target: FlowEnd
    port: int
    protocol: str
    passed: bool = True
    times: int = 1
    when: float = 0.0
    path: str = ""


class Reply(Exception):
    """The answer to a connection, and no connection."""


class Other(Exception):
    """What is no connection between two ends that one can name, or not known to be one."""


class Lost(Exception):
    """So many flows were lost, as Hubble says; they are the first argument."""


class Foreign(Exception):
    """JSON that is no flow."""
