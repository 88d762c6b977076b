"""What commands say once they asked registries, or read evidence in files."""

from k8sharden.cli.output import say
from k8sharden.evidence.flows.words import told_flows
from k8sharden.evidence.words import told
from k8sharden.model.facts import Facts
from k8sharden.session import Session

_SHOWN = 5


def tell_asked(facts: Facts) -> None:
    """Say how many images are known, and why others are not; nothing where nobody asked."""
    if not facts.images:
        return
    problems = [fact.problem for fact in facts.images.values() if fact.problem]
    say(f"Registries know {len(facts.images) - len(problems)} of {len(facts.images)} images.")
    for problem in problems[:_SHOWN]:
        say(f"  {problem}")
    if len(problems) > _SHOWN:
        say(f"  …and {len(problems) - _SHOWN} more: `k8sharden images --registries` lists all.")


def tell_read(session: Session, facts: Facts) -> None:
    """Say what was read of audit logs and flows, and what was odd; nothing where none was given.

    Nobody gave those that the training cluster brings: `k8sharden usage --demo` and `k8sharden
    flows --demo` show them.
    """
    if session.evidence.audit_log.options and facts.usage:
        for sentence in told(facts.usage):
            say(sentence)
    if session.evidence.flow_log.options and facts.flows:
        for sentence in told_flows(facts.flows):
            say(sentence)
