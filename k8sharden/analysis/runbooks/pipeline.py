"""Pipelines that scan an image before it is released, for GitHub Actions and GitLab CI.

What runs in them is named by what cannot be moved: actions by commit, the scanner by digest.
Source: docs.github.com, "Security hardening for GitHub Actions"; CVE-2026-33634.
"""

from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model.change import File

TRIVY = (
    "aquasec/trivy:0.72.0@sha256:cffe3f5161a47a6823fbd23d985795b3ed72a4c806da4c4df16266c02accdd6f"
)
CHECKOUT = "actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5 # v4.3.1"
_ASKED = "--scanners vuln --severity CRITICAL --ignore-unfixed --exit-code 1"

_GITHUB = f"""\
# Builds the image, and fails where it holds a critical vulnerability that an update fixes.
name: image-scan
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
jobs:
  scan:
    runs-on: ubuntu-24.04
    steps:
      - uses: {CHECKOUT}
        with:
          persist-credentials: false
      - name: Build
        run: docker build --tag candidate:${{{{ github.sha }}}} .
      - name: Save
        run: docker save --output candidate.tar candidate:${{{{ github.sha }}}}
      # Without the Docker socket: the scanner sees one file, and nothing else of the machine.
      - name: Scan
        run: >-
          docker run --rm --volume "$PWD/candidate.tar:/candidate.tar:ro"
          {TRIVY}
          image --input /candidate.tar {_ASKED}
"""
_GITLAB = f"""\
# Scans the image that the build pushed under the commit's name, before it gets any other name.
image-scan:
  stage: test
  image:
    name: {TRIVY}
    entrypoint: [""]
  variables:
    GIT_STRATEGY: none
    TRIVY_USERNAME: $CI_REGISTRY_USER
    TRIVY_PASSWORD: $CI_REGISTRY_PASSWORD
  script:
    - trivy image {_ASKED} "$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA"
  allow_failure: false
"""


def files(path: str) -> tuple[File, ...]:
    """Return the pipeline of the same system as the one at ``path``, with a runbook."""
    if path.startswith(".github/"):
        return (File(".github/workflows/image-scan.yml", _GITHUB), _runbook(_ON_GITHUB))
    return (File(".gitlab/image-scan.yml", _GITLAB), _runbook(_ON_GITLAB))


_ON_GITHUB = (
    (
        "Commit the workflow. If images are built from other folders or with arguments, change its "
        "*Build* step to what your own pipeline does."
    ),
    "Under *Settings, Branches* require the check `scan` for the branch that releases come from.",
)
_ON_GITLAB = (
    (
        "Commit the file, and add it to `.gitlab-ci.yml`: "
        "`include: [{local: .gitlab/image-scan.yml}]`. The job runs in stage `test`: let your "
        "build push `$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA` in a stage before it."
    ),
    "Let the job that releases come in a later stage, and protect the branch.",
)


def _runbook(steps: tuple[str, ...]) -> File:
    renew = (
        "Renew what is pinned now and then, by a bot or by hand; look at what changed before."
        + shell("docker buildx imagetools inspect docker.io/aquasec/trivy:VERSION")
    )
    return Runbook(
        "Scan images before they are released",
        (
            "The pipeline builds, scans, and fails at a critical vulnerability that an update "
            "fixes. One without a fix is shown and stops nobody. The token of the job may read the "
            "code and nothing more; actions are pinned by commit and the scanner by digest, since "
            "tags of Trivy's action were moved by an attacker in March 2026."
        ),
        (*steps, renew),
        (
            "Build an old base image on a branch, such as `FROM debian:10`: the pipeline must fail "
            "and name the vulnerabilities."
        ),
        "Delete the file, and take the check out of the rules of the branch.",
        (
            (
                "The scan cannot fetch its database",
                "Allow the runner `mirror.gcr.io` and `ghcr.io`, or name a mirror of it.",
            ),
            (
                "A release cannot wait",
                "Add the id to `.trivyignore` with a reason and a date, in a commit of its own.",
            ),
        ),
    ).file()
