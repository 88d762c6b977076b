"""No workload runs an image with a critical vulnerability.

Bad: a VulnerabilityReport of Trivy Operator, about the image that a container's template names,
counts critical ones. High where an update of the package fixes at least one of them, medium where
none is out yet. Reports of old revisions and of images that were replaced do not count. Where none
is known, and not every image was scanned, nobody can tell; `img-scan-gap` says which were not.

Source: trivy-operator, VulnerabilityReport; CIS Amazon EKS 5.1.1.
"""

from collections.abc import Iterator

from k8sharden.analysis.containers import named_workloads
from k8sharden.analysis.scans import Reports, reports_of, unreported
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.reports import Vulnerability
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, workloads

# The cluster's identity is this namespace's uid; no single object is meant.
_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")
_SHOWN = 3
_KEPT = 50


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each workload whose images have critical vulnerabilities."""
    found = list(_critical(inventory))
    yield from found
    unseen = _unseen(inventory)
    if unseen and all(finding.system for finding in found):
        yield _unknown(unseen)


def _critical(inventory: Inventory) -> Iterator[Finding]:
    for workload in workloads(inventory):
        reports = reports_of(workload, inventory)
        count = sum(report.summary.critical_count for report in reports.values())
        if count > 0:
            yield _finding(workload, count, reports)


def _unseen(inventory: Inventory) -> list[Workload]:
    """Return the workloads that run an image of which there is no report, however old."""
    running = (each for each in workloads(inventory) if each.replicas != 0)
    theirs = (each for each in running if not is_system_namespace(each.namespace))
    return [each for each in theirs if unreported(each, inventory)]


def _unknown(unseen: list[Workload]) -> Finding:
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        Status.UNKNOWN,
        _CLUSTER,
        f"Cannot tell: no scan is known of images of {named_workloads(unseen)}.",
        evidence={"workloads": [each.ref.label for each in unseen]},
    )


def _finding(workload: Workload, count: int, reports: Reports) -> Finding:
    found = _vulnerabilities(reports)
    fixed = [each for _, each in found if each.fixed_version]
    return Finding(
        ITEM.id,
        Area.IMAGES,
        Severity.HIGH if fixed else Severity.MEDIUM,
        Status.FAIL,
        workload.ref,
        _message(count, fixed),
        evidence={
            "critical": count,
            "fixable": len(fixed),
            "images": {name: _image(reports, name) for name in sorted(reports)},
            "vulnerabilities": [_shown(name, each) for name, each in found[:_KEPT]],
        },
        system=is_system_namespace(workload.namespace),
    )


def _vulnerabilities(reports: Reports) -> list[tuple[str, Vulnerability]]:
    """Return the critical ones with their container, those that can be fixed first."""
    found = [
        (name, each) for name in sorted(reports) for each in reports[name].vulnerabilities or ()
    ]
    return sorted(found, key=lambda pair: (not pair[1].fixed_version, pair[1].vulnerability_id))


def _image(reports: Reports, name: str) -> str:
    artifact = reports[name].artifact
    return f"{artifact.repository}:{artifact.tag}" if artifact.tag else artifact.repository


def _shown(container: str, found: Vulnerability) -> dict[str, str]:
    return {
        "container": container,
        "id": found.vulnerability_id,
        "package": found.resource,
        "installed": found.installed_version,
        "fixed": found.fixed_version,
    }


def _message(count: int, fixed: list[Vulnerability]) -> str:
    """Say how many there are, and what an update would fix."""
    what = "1 critical vulnerability" if count == 1 else f"{count} critical vulnerabilities"
    said = f"Its images have {what}"
    if not fixed:
        return f"{said}; medium, not high: no fixed version is out."
    which = "which" if len(fixed) == count else f"{len(fixed)} of which"
    return f"{said}, {which} an update fixes: {_updates(fixed)}."


def _updates(fixed: list[Vulnerability]) -> str:
    """Name the packages to update, with what that fixes."""
    texts = [
        f"{each.resource} {each.fixed_version} ({each.vulnerability_id})" for each in fixed[:_SHOWN]
    ]
    more = [f"{len(fixed) - _SHOWN} more"] if len(fixed) > _SHOWN else []
    return one_line(", ".join(texts + more), 300)


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Say which packages to update: an image is built elsewhere."""
    if finding.status is Status.UNKNOWN:
        return NoChange(f"Not known to be wrong. {finding.message}")
    found = (each for each in workloads(inventory) if each.ref == finding.resource)
    workload = next(found, None)
    if workload is None:
        return NoChange("It is gone by now: scan again.")
    pairs = _vulnerabilities(reports_of(workload, inventory))
    fixed = [each for _, each in pairs if each.fixed_version]
    if not fixed:
        return NoChange(
            "No fixed version is out: see whether the program uses the package at all, take a base "
            "image without it, and meanwhile allow the workload no network and rights it can do "
            "without."
        )
    return NoChange(
        f"An image is mended where it is built: update {_updates(fixed)}, build it anew, and roll "
        "it out by its digest."
    )


ITEM = Item(
    id="img-cve-critical",
    title="Images have no critical vulnerabilities",
    area=Area.IMAGES,
    severity=Severity.HIGH,
    kind=ChangeKind.ADVICE,
    scope=Scope.EACH,
    needs=(kinds.VULNERABILITY_REPORTS, *kinds.WORKLOADS),
    references=(
        Reference("CIS Amazon EKS 5.1.1"),
        Reference(
            "Trivy Operator: vulnerability reports",
            "https://aquasecurity.github.io/trivy-operator/latest/docs/crds/vulnerability-report/",
        ),
        Reference("MITRE ATT&CK T1190", "https://attack.mitre.org/techniques/T1190/"),
    ),
    lesson=Lesson(
        what=(
            "A scanner reads which packages an image holds, in which versions, and looks them up "
            "in lists of known vulnerabilities. Trivy Operator does so inside the cluster and "
            "writes a VulnerabilityReport for each container. This item shows the workloads whose "
            "present images have critical ones, and which update of which package would end them."
        ),
        why=(
            "Critical mostly means: reached over the network, no login, and code of the attacker "
            "runs. Exploits for such a package are public within days and are tried on every "
            "address. The program around it may be flawless. Most findings are one rebuild away, "
            "since the fixed package has been out for weeks; they stay because nobody looks twice "
            "at an image that works."
        ),
        attack=(
            "Deployment shop/cart fetches prices through a proxy with curl 8.3.0. Mallory runs a "
            "server that the cart is led to, and answers with a host name that is far too long: "
            "CVE-2023-38545 writes it over the heap, and her code runs in the pod, with its "
            "token and its way to the databases. The fix, curl 8.4.0, had been out for months, and "
            "a rebuild would have brought it."
        ),
        fix=(
            "There is no patch for a Deployment that repairs a program. Rebuild the image on a "
            "current base, or raise the version of the package, and scan before you push. Then "
            "roll it out by its digest. Where no fix is out, see whether the package is needed at "
            "all: small base images have fewer packages, and fewer findings."
        ),
        breaks=(
            "A newer package can behave in another way: an update of the base image is a release, "
            "and goes through the same tests. A scanner sees packages, not use: a vulnerable "
            "function may never be called, and what was compiled in statically may be missed. "
            "Weigh what is exposed first, and write down why something may wait."
        ),
        verify=(
            "After the rollout `kubectl -n shop get vulnerabilityreports "
            "-o custom-columns=NAME:.metadata.name,CRITICAL:.report.summary.criticalCount` shows 0 "
            "for the new ReplicaSet within minutes. The pipeline should refuse the old image from "
            "now on: see `img-ci-scan`. Scan again: the finding is gone."
        ),
        reading=(
            Reference(
                "Trivy Operator: vulnerability scanning",
                "https://aquasecurity.github.io/trivy-operator/latest/docs/vulnerability-scanning/",
            ),
            Reference(
                "CISA: known exploited vulnerabilities",
                "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
)
