"""Mission 7: who read the Secret?"""

from k8sharden.cluster.memory.audit import Event
from k8sharden.missions.lines import answer, command, note
from k8sharden.missions.model import AttackReport, Line, Mission, Step, StepKind
from k8sharden.missions.rbac import CARDS, read_cards
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model.finding import Area

_LOG = "/var/log/kubernetes/audit/audit.log"


def attack(training: Training) -> AttackReport:
    """Read the Secret once more, and then ask who did: the attack works where nobody can tell."""
    before = {event.id for event in training.cluster.audit_events()}
    lines, read = read_cards(training)
    seen = [
        event
        for event in training.cluster.audit_events()
        if event.id not in before and _is_it(event)
    ]
    asked = command(f"grep {CARDS.name} {_LOG}   # a week later, the bank calls")
    if not seen:
        nothing = answer(f"grep: {_LOG}: No such file or directory")
        said = note("Who reads a Secret leaves no trace here, and nor does who tries in vain.")
        return AttackReport((*lines, asked, nothing, said), succeeded=True)
    verdict = "read it" if read else "tried to, and was refused"
    said = note(f"Service account ci/pipeline {verdict}. You know whose token to withdraw.")
    return AttackReport((*lines, asked, *map(_told, seen), said), succeeded=False)


def _is_it(event: Event) -> bool:
    about = event.about
    found = (about.resource, about.namespace, about.name)
    return found == (kinds.SECRETS.plural, CARDS.namespace, CARDS.name)


def _told(event: Event) -> Line:
    where = f"{event.about.resource} {event.about.namespace}/{event.about.name}"
    return answer(
        f"{event.time} {event.user.name} {event.about.verb} {where}: "
        f"{event.decision} ({event.code}), level {event.level}"
    )


MISSION = Mission(
    area=Area.AUDIT,
    title="Who read the Secret?",
    check="aud-off",
    target=kinds.NAMESPACES.ref("", "kube-system"),
    story=(
        "A week later the bank calls: cards that were used at Kestrel Books are being sold. "
        "Somebody must have had the card provider's key. Who read Secret payments/card-provider, "
        "and when? You are the one who is asked."
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "Find out who keeps a record",
            "Each change and each read passes the API server. It could write a line about each, "
            "and needs two things for it: a policy and a place to write. The scan shows which "
            "flags are set.",
            keys="7 opens Audit logging; E shows the evidence.",
            commands=("k8sharden scan --demo --check aud-off",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Ask who it was",
            "Mallory tries the Secret once more, with the pipeline's token. Whether she gets it is "
            "another mission's matter. Then you ask the audit log. She wins if it cannot name her.",
            commands=("k8sharden missions attack audit",),
        ),
        Step(
            StepKind.FIX,
            "Carry out the runbook",
            "The fix is a policy, flags and a runbook: files, since no API call sets flags. Write "
            "them and read the policy, first rule to last. Here k8sharden then carries the "
            "runbook out on the training cluster; anywhere else that is your work.",
            keys="7, Space, a, e writes the files; then carry the runbook out here.",
            commands=(
                "k8sharden export --demo --check aud-off --format artefacts --out runbook",
                "k8sharden missions carry-out audit",
            ),
            lesson=("fix",),
            runbook=True,
        ),
        Step(
            StepKind.AGAIN,
            "Ask again",
            "Same token, same Secret. If you finished the first mission she is refused, and that "
            "is in the log too: what somebody tried tells as much as what worked.",
            commands=("k8sharden missions attack audit",),
        ),
        Step(
            StepKind.READ,
            "The one log nobody avoids",
            "With stolen credentials one still has to ask the API server. The log names user, "
            "verb, object and answer, and for Secrets never the content. Last week stays dark: a "
            "log answers only from the day it was switched on.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
