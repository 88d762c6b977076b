"""Mission 1: a build job that may do everything, and what its token reads."""

import base64

from k8sharden.errors import Forbidden
from k8sharden.missions.lines import answer, command, hidden, note, refusal
from k8sharden.missions.model import AttackReport, Line, Mission, Step, StepKind
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model.finding import Area

PIPELINE = "system:serviceaccount:ci:pipeline"
"""The user name of the account that the build jobs run under."""

CARDS = kinds.SECRETS.ref("payments", "card-provider")
"""The Secret that everybody is after."""


def read_cards(training: Training) -> tuple[tuple[Line, ...], bool]:
    """Read the Secret with the pipeline's token; return what happened, and whether it worked."""
    typed = command(f"kubectl --token=$STOLEN -n {CARDS.namespace} get secret {CARDS.name}")
    try:
        secret = training.api(PIPELINE).get(CARDS)
    except Forbidden as error:
        return (typed, refusal(error)), False
    values = {key: base64.b64decode(text) for key, text in (secret.get("data") or {}).items()}
    told = (answer(f"{key}: {hidden(len(value))}") for key, value in values.items())
    return (typed, *told), True


def attack(training: Training) -> AttackReport:
    """Read another team's Secret under the name of the build job."""
    lines, worked = read_cards(training)
    said = (
        "The key to the card provider is out. The API server saw a build job that may do anything."
        if worked
        else "Mallory still holds the token. It is worth what its Roles allow, and no more."
    )
    return AttackReport((*lines, note(said)), worked)


MISSION = Mission(
    area=Area.RBAC,
    title="The build job that owns the cluster",
    check="rbac-cluster-admin",
    target=kinds.CLUSTER_ROLE_BINDINGS.ref("", "ci-pipeline"),
    story=(
        "Kestrel Books builds every branch in Deployment ci/runner. Mallory opened a pull request "
        "whose test printed the pod's token: ServiceAccount ci/pipeline. One file, and she is "
        "that build job. How far does it take her?"
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "Find the open door",
            "Somebody bound the build job to cluster-admin on the first day, “just until it "
            "works”. The scan lists it as ClusterRoleBinding ci-pipeline. Look at it, and at who "
            "else holds that much.",
            keys="1 opens RBAC; the cursor on a finding shows it, Enter its lesson.",
            commands=("k8sharden scan --demo --check rbac-cluster-admin",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Read the card provider's key",
            "Mallory asks the API server for a Secret of the payments team, with nothing but the "
            "stolen token. Payments never gave the build job anything. Watch what the server "
            "answers.",
            commands=("k8sharden missions attack rbac",),
        ),
        Step(
            StepKind.FIX,
            "Give the job what a job needs",
            "The fix is one group of writes: a Role ci-pipeline-least in each namespace that the "
            "job worked in, with what a week's audit log shows it used, then the binding to "
            "cluster-admin goes. Read the diff before you agree, and what the review says of the "
            "week: what did not happen in it is not in the Roles.",
            keys="1, Space on ci-pipeline, a to review, a to apply, then confirm.",
            commands=("k8sharden apply --demo --resource ClusterRoleBinding//ci-pipeline",),
            lesson=("fix",),
        ),
        Step(
            StepKind.AGAIN,
            "The same token, once more",
            "The token was not changed, and Mallory still has it. She sends exactly the same "
            "request. Only what the API server thinks of ci/pipeline is different now.",
            commands=("k8sharden missions attack rbac",),
        ),
        Step(
            StepKind.READ,
            "Why one binding was enough",
            "RBAC only ever adds. No careful Role could take back what that binding gave, so it "
            "had to go. The job can still roll out the shop. If tomorrow's build gets a 403, add "
            "the one rule that it names, never the old binding.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
