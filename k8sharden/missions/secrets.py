"""Mission 5: a backup that tells everything."""

import base64

from k8sharden.cluster.training.control_plane import SEALED
from k8sharden.missions.lines import answer, command, hidden, note
from k8sharden.missions.model import AttackReport, Line, Mission, Step, StepKind
from k8sharden.missions.training import Training
from k8sharden.model import kinds
from k8sharden.model.finding import Area

LEDGER = kinds.SECRETS.ref("payments", "ledger")
_SHOWN = 12


def attack(training: Training) -> AttackReport:
    """Look for the database's password in a copy of etcd, without asking the API server."""
    record = training.cluster.etcd(LEDGER)
    data = training.admin.get(LEDGER).get("data") or {}
    values = {key: base64.b64decode(text) for key, text in data.items()}
    found = {key: value for key, value in values.items() if value in record}
    said = (
        "No login, no request, no trace: whoever holds a backup holds every Secret."
        if found
        else "The file is the same size and worth nothing without the key, which is not in it."
    )
    lines = (
        command("aws s3 cp s3://kestrel-backups/etcd-snapshot.db ."),
        command(f"strings etcd-snapshot.db | grep -A2 /secrets/{LEDGER.namespace}/{LEDGER.name}"),
        answer(f"/registry/secrets/{LEDGER.namespace}/{LEDGER.name}"),
        *(_found(key, value) for key, value in found.items()),
        *(() if found else (_noise(record),)),
        note(said),
    )
    return AttackReport(lines, bool(found))


def _found(key: str, value: bytes) -> Line:
    return answer(f"{key}: {hidden(len(value))}; in the file it stands in plain text")


def _noise(record: bytes) -> Line:
    prefix = SEALED.decode() if record.startswith(SEALED) else ""
    rest = record[len(prefix) :]
    return answer(f"{prefix}{rest[:_SHOWN].hex(' ')} … {len(rest)} bytes that look like noise")


MISSION = Mission(
    area=Area.SECRETS,
    title="The backup in the bucket",
    check="sec-etcd-plain",
    target=kinds.NAMESPACES.ref("", "kube-system"),
    story=(
        "Every night a job copies a snapshot of etcd to a storage bucket. The bucket's read key "
        "stands on an old wiki page. Mallory never touches the cluster: RBAC, network policies "
        "and audit logs all guard another door."
    ),
    steps=(
        Step(
            StepKind.LOOK,
            "Find out how Secrets are stored",
            "Base64, which kubectl shows, is a spelling and no protection. The question is whether "
            "the API server encrypts before it writes. Its flags and its own counters tell: the "
            "scan looked at both.",
            keys="5 opens Secrets management; E shows the evidence.",
            commands=("k8sharden scan --demo --check sec-etcd-plain",),
            lesson=("what",),
        ),
        Step(
            StepKind.ATTACK,
            "Search the snapshot",
            "Mallory downloads one file and runs `strings` on it. What she finds is what the "
            "training cluster's etcd would hold now, given the flags of its API server. The value "
            "itself stays hidden on your screen, though not from her.",
            commands=("k8sharden missions attack secrets",),
        ),
        Step(
            StepKind.FIX,
            "Carry out the runbook",
            "No API call can change the API server's flags: the fix is files and a runbook. Write "
            "them and read RUNBOOK.md. Here the nodes are pretended, so k8sharden then carries it "
            "out for you on the training cluster; anywhere else that is your work.",
            keys="5, Space, a, e writes the files; then carry the runbook out here.",
            commands=(
                "k8sharden export --demo --check sec-etcd-plain --format artefacts --out runbook",
                "k8sharden missions carry-out secrets",
            ),
            lesson=("fix",),
            runbook=True,
        ),
        Step(
            StepKind.AGAIN,
            "Search the new snapshot",
            "The API server restarted with a key, and every Secret was written anew. Tonight's "
            "snapshot is in the bucket. Older ones are still as they were: rotate what stood in "
            "them.",
            commands=("k8sharden missions attack secrets",),
        ),
        Step(
            StepKind.READ,
            "Behind the API",
            "RBAC guards the API, and etcd lies behind it. Backups travel further and live longer "
            "than clusters. Now the key is what must be guarded: keep a copy, and keep it away "
            "from the backups.",
            lesson=("why", "breaks", "verify"),
        ),
    ),
    attack=attack,
)
