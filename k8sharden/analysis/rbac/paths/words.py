"""What is said of the cheapest cut: what it costs, and what is left then."""

from k8sharden.analysis.rbac.paths.starts import Escalation
from k8sharden.model.text import sentence, visible


def cut_words(found: Escalation) -> tuple[str, ...]:
    """Return sentences on the cheapest cut of a path, and on what the same start has then."""
    cut = found.cut
    if cut is None:
        none = "No cut: it is there for emergencies, or no role or binding of people gives it."
        return (none if found.tried else "Name it to see the cheapest cut.",)
    cost = cut.cost
    rights = f"{cost.rights:,} right{'s' if cost.rights != 1 else ''}"
    whom = "1 subject" if cost.subjects == 1 else f"{cost.subjects:,} subjects"
    kinds = "1 kind" if cost.used == 1 else f"{cost.used:,} kinds"
    used = f"; {kinds} of request in the audit log would be denied" if cost.used else ""
    first = f"Cheapest cut: {cut.said}. It takes about {rights} from {whom}{used}."
    if cut.survivor is None:
        return first, "Then nothing is left."
    how = "Then what is left is less" if cut.ends else "It does not end it, since then"
    return first, f"{how}: {sentence(visible(cut.survivor.said))}"
