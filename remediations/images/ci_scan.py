"""Pipelines that build images scan them, and stop at critical vulnerabilities.

Judged where manifests are given from a Git repository. Bad: a workflow of GitHub Actions or GitLab
CI builds images and none of the repository's scans any; a scan whose findings the pipeline ignores;
a scanner that is named by a tag, which can be moved to other code, as happened in March 2026.

Source: docs.github.com, Security hardening for GitHub Actions; CVE-2026-33634; Kubernetes
documentation, Application Security Checklist.
"""

from collections.abc import Iterator, Mapping

from k8sharden.analysis.pipelines import Step, steps
from k8sharden.analysis.runbooks import pipeline as runbook
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each pipeline that builds unscanned images, or scans in vain."""
    read = {each.path: steps(each) for each in inventory.pipelines or ()}
    yield from (_finding(path, _ODD, Status.UNKNOWN) for path in read if read[path] is None)
    known = {path: found for path, found in read.items() if found is not None}
    every = [step for found in known.values() for step in found]
    for path, why in _problems(known, every):
        yield _finding(path, why, Status.FAIL)


_ODD = "is no YAML that could be read, so nobody can tell whether images are scanned."


def _problems(
    known: Mapping[str, tuple[Step, ...]], every: list[Step]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a pipeline, the worst of it only."""
    scanned = any(step.scans for step in every)
    stopped = any(step.stops for step in every)
    for path, found in known.items():
        if not scanned and any(step.builds for step in found):
            yield path, "builds images, and no pipeline of the repository scans them."
        elif scanned and not stopped and any(step.scans for step in found):
            yield path, "scans images, and goes on whatever is found."
        elif any(step.loose for step in found):
            yield path, "names its scanner by a tag, which can be moved to other code."


def _finding(path: str, why: str, status: Status) -> Finding:
    return Finding(
        ITEM.id,
        Area.IMAGES,
        Severity.HIGH,
        status,
        Ref("", "Pipeline", "", path),
        f"{path} {why}",
        evidence={"file": path},
    )


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:  # noqa: ARG001 - the file says all
    """Export a pipeline that scans and stops, for the same system."""
    if finding.status is Status.UNKNOWN:
        return NoChange("Not known to be wrong: correct the file first.")
    path = finding.resource.name
    return Change(
        ChangeKind.ARTEFACT,
        "Scan images before they are released",
        Risk.SAFE,
        files=runbook.files(path),
        warnings=("Needs testing: the way your images are built is not known here.",),
    )


ITEM = Item(
    id="img-ci-scan",
    title="Pipelines scan images, and stop at criticals",
    area=Area.IMAGES,
    severity=Severity.HIGH,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CONTROL_PLANE,
    needs=(),
    references=(
        Reference(
            "GitHub: security hardening for GitHub Actions",
            "https://docs.github.com/en/actions/security-for-github-actions/security-guides/security-hardening-for-github-actions",
        ),
        Reference(
            "Kubernetes: application security checklist",
            "https://kubernetes.io/docs/concepts/security/application-security-checklist/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A pipeline builds an image from the code and pushes it. Between the two it can ask a "
            "scanner which known vulnerabilities the image holds, and fail at critical ones. This "
            "item reads the workflows of GitHub Actions and GitLab CI in the repository that the "
            "manifests come from: does any scan, does a finding stop it, is the scanner itself "
            "pinned?"
        ),
        why=(
            "A vulnerability costs minutes before the release and days after it. What the pipeline "
            "refuses never has to be found in a running cluster. A scan that only reports is read "
            "by nobody. And the scanner runs with the pipeline's secrets: when the tags of Trivy's "
            "action were moved in March 2026, everyone who named it by a tag ran the attacker's "
            "code."
        ),
        attack=(
            "Deployment ci/runner builds the images of Kestrel Books with a workflow that uses a "
            "scanner by the tag master. Mallory controls that tag for an afternoon: each pipeline "
            "runs her code, which prints the registry's password, and the scan reports nothing. "
            "From then on she pushes what she likes. Pinned by a commit, the pipeline would have "
            "fetched the old code, and with a read-only token there was little to steal."
        ),
        fix=(
            "You get a pipeline for your system, and a runbook. It builds the image, hands it to "
            "the scanner as a file, and fails at a critical vulnerability for which an update is "
            "out. The action is pinned by its commit, Trivy by its digest, the token may only read "
            "the code. Nothing in the cluster changes; the file goes into the repository."
        ),
        breaks=(
            "Releases stop on the day when a new critical vulnerability is published, though no "
            "code changed: decide beforehand who may let one pass, and where that is written. "
            "Pinned versions grow old and have to be renewed by a bot. Scans take a minute or two, "
            "and fetch a database from outside."
        ),
        verify=(
            "Push a branch whose Dockerfile starts from an old base, such as debian:10: the check "
            "must fail and list what it found. Then push one that is clean. See in the branch's "
            "rules that the check is required, or a red one stops nobody. Run k8sharden scan -f on "
            "the repository again."
        ),
        reading=(
            Reference(
                "GitHub: security hardening for GitHub Actions",
                "https://docs.github.com/en/actions/security-for-github-actions/security-guides/security-hardening-for-github-actions",
            ),
            Reference("GitLab: pipeline security", "https://docs.gitlab.com/ci/pipeline_security/"),
            Reference(
                "Trivy: container images", "https://trivy.dev/latest/docs/target/container_image/"
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    repository_only=True,
)
