"""What commands say once they asked registries, or read an audit log."""

from k8sharden.cli.output import say
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
    """Say what was read of an audit log, and what of it was odd; nothing where none was given.

    Nobody gave the one that the training cluster brings: `k8sharden usage --demo` shows it.
    """
    if session.audit_log.options and facts.usage:
        for sentence in told(facts.usage):
            say(sentence)
