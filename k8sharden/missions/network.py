"""Mission 2: a database that takes connections from everywhere."""

from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.traffic import Connection, isolating, judged
from k8sharden.missions.lines import answer, command, note
from k8sharden.missions.model import AttackReport, Line, Mission, Step, StepKind
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.finding import Area

RUNNER = kinds.DEPLOYMENTS.ref("ci", "runner")
CHECKOUT = kinds.DEPLOYMENTS.ref("payments", "checkout")
LEDGER = kinds.STATEFUL_SETS.ref("payments", "ledger")
_PORT = 5432


def attack(training: Training) -> AttackReport:
    """Knock at the payment database from a build job, and from where it is expected."""
    target = training.pods(LEDGER)[0]
    source = training.pods(RUNNER)[0]
    open_to_all = _reaches(training, source, target)
    rules = ", ".join(policy.name for policy in isolating(training.inventory, target))
    said = (
        "Any pod of the cluster gets this far. What is left between Mallory and the ledger is one "
        "password."
        if open_to_all
        else f"No answer at all: {rules} selects the pod, and no policy lets ci in."
    )
    return AttackReport(
        (*_knock(source, target, open=open_to_all), note(said), *_friend(training, target)),
        open_to_all,
    )


def _reaches(training: Training, source: o.Pod, target: o.Pod) -> bool:
    # The runner is on its node's network, where Calico lets no policy limit what goes out.
    answer = judged(training.inventory, Connection(source, target, _PORT)).answer
    return answer is not Answer.DENIED


def _knock(source: o.Pod, target: o.Pod, *, open: bool) -> tuple[Line, ...]:  # noqa: A002 - nc's word
    typed = f"kubectl -n {source.namespace} exec {source.name} -- nc -zvw2 ledger.payments {_PORT}"
    address = (target.status.pod_ip if target.status else None) or "ledger.payments"
    said = "open" if open else "Operation timed out"
    return command(typed), answer(f"{target.name} ({address}:{_PORT}): {said}")


def _friend(training: Training, target: o.Pod) -> tuple[Line, ...]:
    """Say whether the ledger's own customer gets in, which a bare default deny would end."""
    if _reaches(training, training.pods(CHECKOUT)[0], target):
        return (note("payments/checkout, whose settings name the ledger, gets in."),)
    return (note("payments/checkout is shut out as well: its allow policy is missing."),)


MISSION = Mission(
    area=Area.NETWORK,
    title="The database that answers everybody",
    check="net-no-default-deny-ingress",
    target=kinds.NAMESPACES.ref("", "payments"),
    story=(
        "Mallory's shell sits in a build job, in namespace ci. She has no business with "
        "payments, and a namespace sounds like a wall. She tries the port of the payment "
        "database anyway."
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "See which pods are open",
            "payments has two NetworkPolicies, about checkout and about settlement. No policy "
            "selects the pod ledger-0, so everybody may knock. The scan lists the namespace under "
            "network policies.",
            keys="2 opens Network policies; the cursor on payments shows why.",
            commands=("k8sharden scan --demo --check net-no-default-deny-ingress",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Knock at the ledger",
            "From a pod of Deployment ci/runner Mallory connects to port 5432 of "
            "StatefulSet payments/ledger. Whether it answers follows from the NetworkPolicies "
            "that are in the cluster at this moment.",
            commands=("k8sharden missions attack network",),
        ),
        Step(
            StepKind.FIX,
            "Deny by default",
            "The last object of the change selects every pod of payments and allows nothing. "
            "Those before it allow what settings, routes and flows show to be needed, checkout's "
            "way to the ledger among them. Nothing restarts. Read the warnings at the review: "
            "they say what nobody can know.",
            keys="2, Space on payments, a to review, a to apply, then confirm.",
            commands=(
                "k8sharden apply --demo --check net-no-default-deny-ingress --namespace payments",
            ),
            lesson=("fix",),
        ),
        Step(
            StepKind.AGAIN,
            "Knock again",
            "Same pod, same port. Look at the last line too: checkout still reaches the ledger. "
            "A default deny that shuts the customers out is an outage, and the next person takes "
            "it back.",
            commands=("k8sharden missions attack network",),
        ),
        Step(
            StepKind.READ,
            "A namespace is no wall",
            "Names are sorted by namespace, traffic is not. From now on each way in to payments is "
            "a policy that somebody can read: allow-ingress-ledger lets checkout in on port 5432. "
            "What no setting or flow showed is shut out, and shows in testing as a refused "
            "connection.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
