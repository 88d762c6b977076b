"""What flows cannot show, in a sentence each: their silence is not to be taken for a proof."""

from k8sharden.evidence.blind import span
from k8sharden.evidence.flows.tally import ADDRESSES, Tally
from k8sharden.model.flows import FlowReading
from k8sharden.model.text import one_line


def blind_spots(tally: Tally, reading: FlowReading) -> tuple[str, ...]:
    """Return the sentences, those that weigh most first."""
    return tuple(
        sentence
        for sentence in (
            _window(tally),
            _lost(reading),
            _one_node(tally),
            _not_kept(tally),
            _folded(tally),
        )
        if sentence
    )


def _window(tally: Tally) -> str:
    if not tally.last:
        return "No flow has a time: how long they were watched for cannot be told."
    return (
        f"The flows cover {span(tally.first, tally.last)}. What calls less often, at a month's end "
        "or in an emergency, does not show."
    )


def _lost(reading: FlowReading) -> str:
    if not reading.lost:
        return ""
    return f"Hubble says that it lost {reading.lost:,} events: what was in them does not show."


def _one_node(tally: Tally) -> str:
    if len(tally.nodes) != 1:
        return ""
    (node,) = tally.nodes
    return (
        f"All of Hubble's flows were seen on one node, {one_line(node, 100)}: where there are "
        "several, ask Hubble Relay."
    )


def _not_kept(tally: Tally) -> str:
    if not tally.dropped:
        return ""
    return (
        f"{tally.dropped:,} flows were not kept: there were too many kinds of them, or too many "
        "ports between two ends, as when somebody looks for open ones."
    )


def _folded(tally: Tally) -> str:
    if not tally.folded:
        return ""
    return f"Of more than {ADDRESSES} addresses at one port it is not kept which ones they were."
