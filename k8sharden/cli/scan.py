"""``k8sharden scan``: findings."""

from collections.abc import Sequence
from typing import Any

import click

from k8sharden.analysis.assess import Tally
from k8sharden.analysis.network.cni import State, enforcement
from k8sharden.analysis.pod_security import LATEST
from k8sharden.analysis.rbac.cloud import caveat
from k8sharden.analysis.unknown import told_once
from k8sharden.cli.options import open_session, selection_options, source_options, split
from k8sharden.cli.output import (
    CELL,
    emit,
    out_option,
    output_options,
    say,
    scanning,
    table,
    to_json,
)
from k8sharden.cli.registries import tell_asked, tell_read
from k8sharden.cli.selection import Selection, select
from k8sharden.errors import InputError
from k8sharden.export.reports import scan_document
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.text import one_line
from k8sharden.session import Scan, Session

_NAMING = 2_000
"""The most characters of a row that names all the checks it stands for."""


@click.command()
@source_options()
@selection_options
@click.option(
    "--kube-version",
    metavar="v1.N",
    help="With -o json: the Kubernetes version whose Pod Security gives each workload its level.",
)
@click.option(
    "--fail-on",
    metavar="SEVERITY",
    type=click.Choice([severity.value for severity in Severity]),
    help="Exit with 1 at findings of at least this severity.",
)
@click.option("--fail-on-unknown", is_flag=True, help="Exit with 1 where something is unknown.")
@output_options
@out_option
def scan(**options: Any) -> int:
    """Find what is not hardened. Nothing is written to the cluster."""
    source, selection, rest = split(options)
    minor = _minor(rest["kube_version"])
    session = open_session(source)
    with scanning() as show:
        result = session.scan(show)
    tell_asked(result.inventory.facts)
    tell_read(session, result.inventory.facts)
    findings = select(result, selection, session.items)
    if rest["output"] == "json":
        document = scan_document(
            result.assessment, findings, result.inventory, session.items, minor=minor
        )
        emit(to_json(document), rest["out"])
    else:
        emit(_table(findings), rest["out"])
        _summary(session, result, findings, selection)
    unproven = _unproven(result, findings, selection)
    return _gate(findings, rest["fail_on"], unknown=rest["fail_on_unknown"], unproven=unproven)


def _minor(version: str | None) -> int | None:
    """Return the minor of ``v1.N``. Raises `InputError` for anything else, or one not known."""
    if version is None:
        return None
    _, _, minor = version.removeprefix("v").partition("1.")
    if not version.removeprefix("v").startswith("1.") or not minor.isdecimal():
        raise InputError(f"--kube-version {version!r} is no version: write v1.N, such as v1.36.")
    if int(minor) > LATEST:
        raise InputError(f"--kube-version {version} is newer than the newest known, v1.{LATEST}.")
    return int(minor)


def _table(findings: Sequence[Finding]) -> str:
    if not findings:
        return "No findings."
    rows = [
        (
            "unknown" if finding.status is Status.UNKNOWN else finding.severity,
            finding.check if count == 1 else f"{count} checks",
            finding.resource.label,
            finding.id,
            one_line(
                ("(system) " if finding.system else "") + finding.message,
                CELL if count == 1 else _NAMING,
            ),
        )
        for finding, count in told_once(findings)
    ]
    return table(("SEVERITY", "CHECK", "RESOURCE", "ID", "WHAT"), rows, last=_NAMING)


def _summary(
    session: Session, result: Scan, findings: Sequence[Finding], selection: Selection
) -> None:
    failing = sum(finding.counts for finding in findings)
    unknown = sum(finding.status is Status.UNKNOWN for finding in findings)
    system = sum(finding.system for finding in findings)
    say("")
    if not selection.words:
        # The areas count the whole scan: beside a part of it they would contradict it.
        _areas(result)
    if said := _caveat(result, findings, selection):
        say(said)
    if said := _unproven(result, findings, selection):
        say(said)
    others = f" Not counted, parts of Kubernetes (system): {system}." if system else ""
    say(f"To mend: {failing}. Could not be told: {unknown}.{others}")
    if failing:
        say(f"Next: {session.command('plan', *selection.words)}")


def _caveat(result: Scan, findings: Sequence[Finding], selection: Selection) -> str:
    """Say what no finding about rights can tell, where rights are spoken of."""
    asked = not selection.words or Area.RBAC in selection.areas
    spoken = asked or any(each.area is Area.RBAC for each in findings)
    return caveat(result.inventory) if spoken else ""


def _unproven(result: Scan, findings: Sequence[Finding], selection: Selection) -> str:
    """Say where no policy is proven to hold; the finding about it is outside a chosen namespace."""
    known = enforcement(result.inventory)
    asked = Area.NETWORK in selection.areas or any(
        each.startswith("net-") for each in selection.checks
    )
    everything = not selection.areas and not selection.checks
    if not selection.namespaces or not (asked or everything) or known is None:
        return ""
    told = any(each.check == "net-cni-unenforced" for each in findings)
    if told or known.state is State.ENFORCED:
        return ""
    return f"No policy is proven to hold: {known.said}"


def _areas(result: Scan) -> None:
    tallies = result.assessment.areas
    for area in Area:
        tally = tallies[area]
        if tally == Tally():
            say(f"  {area.heading:<24} only a running cluster can tell")
            continue
        checks = "check" if tally.unknown == 1 else "checks"
        counts = f"{tally.fail} failing, {tally.unknown} {checks} unknown, {tally.passed} passed"
        say(f"  {area.heading:<24} {counts}")


def _gate(findings: Sequence[Finding], least: str | None, *, unknown: bool, unproven: str) -> int:
    reached = least is not None and any(
        finding.counts and finding.severity.reaches(Severity(least)) for finding in findings
    )
    # What was said of a part's policies is nobody's finding there, and no less unknown.
    told = any(finding.status is Status.UNKNOWN for finding in findings)
    blind = unknown and (told or bool(unproven))
    return 1 if reached or blind else 0
