"""Every image that runs was scanned, and not long ago.

Bad: a workload without a VulnerabilityReport of Trivy Operator about each image that its template
names, or with one that is older than a week. One finding for each namespace, since it is left out
as a whole most of the time; one for the cluster where it knows no such reports at all. Ephemeral
containers are left out: the operator does not scan them.

Source: trivy-operator, its chart's values `targetNamespaces`, `excludeNamespaces` and
`operator.scannerReportTTL`; CIS Amazon EKS 5.1.1.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from k8sharden.analysis.runbooks import scanner
from k8sharden.analysis.scans import FRESH_DAYS, is_fresh, reports_of, unreported
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Coverage, Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

# The cluster's identity is this namespace's uid; no other object is at fault.
_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")
_SHOWN = 5


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield a finding for each namespace with gaps, or one where nothing is scanned at all."""
    gaps = _gaps(inventory)
    if not gaps:
        return
    if inventory.entry(kinds.VULNERABILITY_REPORTS).status is Coverage.ABSENT:
        yield Finding(
            ITEM.id,
            Area.IMAGES,
            Severity.MEDIUM,
            Status.FAIL,
            _CLUSTER,
            "No scanner reports here what the images that run are vulnerable to: the cluster knows "
            "no VulnerabilityReports. Waive this if images are scanned elsewhere, day after day.",
            locus="no scanner",
        )
        return
    for namespace, (mine, count) in gaps.items():
        if mine:
            yield _finding(namespace, mine, count)


def _gaps(inventory: Inventory) -> Mapping[str, tuple[list[Workload], int]]:
    """Return the workloads with gaps, and how many run, for each namespace where any does."""
    running = [each for each in workloads(inventory) if each.replicas != 0]
    gaps: dict[str, list[Workload]] = {each.namespace: [] for each in running}
    for workload in running:
        if not _is_scanned(workload, inventory):
            gaps[workload.namespace].append(workload)
    counts = Counter(each.namespace for each in running)
    return {namespace: (mine, counts[namespace]) for namespace, mine in gaps.items()}


def _is_scanned(workload: Workload, inventory: Inventory) -> bool:
    reports = reports_of(workload, inventory).values()
    return not unreported(workload, inventory) and all(is_fresh(one, inventory) for one in reports)


def _finding(namespace: str, gaps: list[Workload], count: int) -> Finding:
    named = one_line(", ".join(f"{each.ref.kind} {each.ref.name}" for each in gaps[:_SHOWN]), 300)
    more = f" and {len(gaps) - _SHOWN} more" if len(gaps) > _SHOWN else ""
    return Finding(
        ITEM.id,
        Area.IMAGES,
        Severity.MEDIUM,
        Status.FAIL,
        kinds.NAMESPACES.ref("", namespace),
        f"In {namespace}, {len(gaps)} of {count} workloads have no report of their images from the "
        f"last {FRESH_DAYS} days: {named}{more}.",
        evidence={"workloads": [each.ref.label for each in gaps], "of": count},
        system=is_system_namespace(namespace),
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Export the operator's values, its namespace and the runbook."""
    if finding.system:
        return NoChange(
            "It holds the cluster's own parts, whose images the distribution scans and updates: "
            "keep the cluster's version current."
        )
    own = tuple(sorted(filter(is_system_namespace, inventory.namespace_names)))
    return Change(
        ChangeKind.ARTEFACT,
        "Scan every image that runs",
        Risk.SAFE,
        files=scanner.files(own),
        basis={"excluded": own},
        warnings=(
            "It pulls every image once more, and fetches lists of vulnerabilities from outside.",
            "Needs testing: compare with the values of an operator that is installed already.",
        ),
    )


ITEM = Item(
    id="img-scan-gap",
    title="Every image that runs was scanned lately",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CLUSTER,
    needs=(kinds.VULNERABILITY_REPORTS, *kinds.WORKLOADS),
    references=(
        Reference("CIS Amazon EKS 5.1.1"),
        Reference(
            "Trivy Operator: settings",
            "https://aquasecurity.github.io/trivy-operator/latest/getting-started/installation/configuration/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A scan in the pipeline says what was known on the day of the build. Trivy Operator "
            "scans what runs, again each day, and writes a VulnerabilityReport for each container. "
            "This item compares the two lists: which workloads run, and of which of their images "
            "there is a report from the last seven days. It names the namespaces with gaps."
        ),
        why=(
            "An image does not change and still gets worse: each week new vulnerabilities are "
            "found in packages that it has held for a year. What nobody scans looks clean. Gaps "
            "are rarely accidents of one workload; a namespace was excluded when it was noisy, a "
            "private registry refuses the scanner, or the operator was installed for one team."
        ),
        attack=(
            "At Kestrel Books the scanner watches shop and catalogue. Nobody looks at StatefulSet "
            "legacy/print-queue, which has run the same image for years. Mallory needs no new "
            "idea: she asks it for its version, finds an exploit that was published two summers "
            "ago, and is in. In the dashboard of vulnerabilities the namespace has the best "
            "record of all."
        ),
        fix=(
            "You get Helm values for Trivy Operator, a namespace with Pod Security labels and a "
            "runbook. The values scan all namespaces but the cluster's own, look at images once a "
            "day, and switch off what is not asked for here: the right to read every Secret, the "
            "collector that needs privileged pods, other reports. Versions are pinned, and to be "
            "looked up again before use."
        ),
        breaks=(
            "Scan jobs pull each image again and take memory, a few at a time. Registries may "
            "count the pulls. Without rights on all Secrets the operator cannot pull private "
            "images by the workloads' own credentials: it needs one pull Secret of its own. "
            "Reports take room in etcd, a few hundred kilobytes for a large image."
        ),
        verify=(
            "`kubectl get vulnerabilityreports -A` lists reports for each namespace some minutes "
            "after the installation, with an age under a day. `kubectl auth can-i get secrets -A "
            "--as system:serviceaccount:trivy-system:trivy-operator` must say no. Scan again: what "
            "is still named here has an image that the operator cannot pull."
        ),
        reading=(
            Reference(
                "Trivy Operator: installation with Helm",
                "https://aquasecurity.github.io/trivy-operator/latest/getting-started/installation/helm/",
            ),
            Reference(
                "Kubernetes: application security checklist",
                "https://kubernetes.io/docs/concepts/security/application-security-checklist/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
)
