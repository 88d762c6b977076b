"""The options that commands share: where to look, and which findings."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from k8sharden import config
from k8sharden.analysis.rbac.from_use import WIDER
from k8sharden.cli.evidence import evidence_options, flow_options
from k8sharden.cli.output import say
from k8sharden.cli.selection import Selection
from k8sharden.errors import InputError
from k8sharden.evidence.files import STDIN, EvidenceFiles, named
from k8sharden.evidence.given import Evidence
from k8sharden.export.manifests import Manifests
from k8sharden.model.finding import Area, Severity
from k8sharden.model.text import one_line
from k8sharden.place import Place
from k8sharden.session import Session

F = TypeVar("F", bound=Callable[..., Any])


class SourceOptions(msgspec.Struct, frozen=True):
    """Where to look, as it was asked for."""

    context: str | None
    kubeconfig: Path | None
    server: str | None
    demo: bool
    files: tuple[str, ...]
    read_only: bool
    namespaces: tuple[str, ...] = ()
    registries: bool = False
    widen: tuple[str, ...] = ()
    audit_logs: tuple[str, ...] = ()
    insist_audit_log: bool = False
    flows: tuple[str, ...] = ()
    insist_flows: bool = False

    @property
    def evidence(self) -> EvidenceFiles:
        """The evidence that was named.

        Raises `InputError` where the standard input is to be two things at once.
        """
        found = named(
            self.audit_logs,
            self.flows,
            insist_audit_log=self.insist_audit_log,
            insist_flows=self.insist_flows,
        )
        reading = (*(("-f",) if STDIN in self.files else ()), *found.from_stdin)
        if len(reading) > 1:
            several = " and ".join(reading)
            raise InputError(f"{several} read the standard input: give all but one a file.")
        return found


def source_options(*, files: bool = True) -> Callable[[F], F]:
    """Add the options that name a source; commands that write to a cluster take no files."""

    def decorate(function: F) -> F:
        for option in reversed([*_SOURCE, *(_FILES if files else [])]):
            function = option(function)
        return function

    return decorate


_SOURCE: list[Callable[[Any], Any]] = [
    click.option("--context", metavar="NAME", help="A context of the kubeconfig."),
    click.option(
        "--kubeconfig",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="A kubeconfig, instead of KUBECONFIG and ~/.kube/config.",
    ),
    click.option("--server", metavar="URL", help="A server, with a token from the keyring."),
    click.option("--demo", is_flag=True, help="The training cluster."),
    click.option("--read-only", is_flag=True, help="Never write, whatever is asked."),
]
_FILES: list[Callable[[Any], Any]] = [
    click.option("-f", "files", metavar="PATH", multiple=True, help="Manifests; - for stdin."),
]
_SELECTION: list[Callable[[Any], Any]] = [
    click.option(
        "--area",
        "areas",
        multiple=True,
        metavar="A",
        type=click.Choice([area.value for area in Area]),
        help=f"Only this area: {', '.join(Area)}.",
    ),
    click.option("--check", "checks", multiple=True, metavar="ID", help="Only this check."),
    click.option(
        "-n",
        "--namespace",
        "namespaces",
        multiple=True,
        metavar="NS",
        help="Only this namespace.",
    ),
    click.option(
        "--resource",
        "resources",
        multiple=True,
        metavar="KIND/NAMESPACE/NAME",
        help="Only this object; KIND//NAME where it has no namespace.",
    ),
    click.option("--finding", "findings", multiple=True, metavar="ID", help="Only this finding."),
    click.option("--without", multiple=True, metavar="ID", help="Leave this finding out."),
    click.option(
        "--severity",
        metavar="MIN",
        type=click.Choice([severity.value for severity in Severity]),
        help="Only findings of at least this severity.",
    ),
]


asking_option = click.option(
    "--registries",
    is_flag=True,
    help="Also ask the registries of the images for digests; a scan asks the cluster alone.",
)


widen_option = click.option(
    "--widen",
    multiple=True,
    type=click.Choice(WIDER),
    help="Do not keep roles from an audit log to the names, or to the namespaces, that it shows.",
)


def selection_options(function: F) -> F:
    """Add the options that select findings, and what they are judged by."""
    for option in reversed(
        [*_SELECTION, asking_option, evidence_options, flow_options, widen_option]
    ):
        function = option(function)
    return function


def split(options: dict[str, Any]) -> tuple[SourceOptions, Selection, dict[str, Any]]:
    """Take the shared options out of a command's own."""
    rest = dict(options)
    take = functools.partial(rest.pop)
    source = SourceOptions(
        take("context"),
        take("kubeconfig"),
        take("server"),
        take("demo"),
        take("files", ()),
        take("read_only"),
        options.get("namespaces", ()),
        take("registries", False),  # noqa: FBT003 - its default
        take("widen", ()),
        take("audit_logs", ()),
        take("insist_audit_log", False),  # noqa: FBT003 - as above
        take("flows", ()),
        take("insist_flows", False),  # noqa: FBT003 - as above
    )
    selection = Selection(
        take("areas", ()),
        take("checks", ()),
        take("namespaces", ()),
        take("resources", ()),
        take("findings", ()),
        take("severity", None),
        take("without", ()),
    )
    return source, selection, rest


def open_session(source: SourceOptions) -> Session:
    """Open a session on the source. Raises `InputError` where more than one is named."""
    named = {
        "--demo": source.demo,
        "-f": bool(source.files),
        "--server": bool(source.server),
        "--context or --kubeconfig": bool(source.context or source.kubeconfig),
    }
    chosen = [name for name, given in named.items() if given]
    if len(chosen) > 1:
        raise InputError(f"{' and '.join(chosen)} name two sources: give one.")
    evidence = Evidence(source.evidence)
    return Session(
        _open(source),
        config.state_folder(),
        asks=source.registries,
        evidence=evidence,
        widen=source.widen,
    )


def _open(source: SourceOptions) -> Place:
    """Open the source; the places of the others are not loaded."""
    if source.demo:
        from k8sharden.places.training import TrainingPlace  # noqa: PLC0415 - a whole API server

        return TrainingPlace(config.state_folder(), read_only=source.read_only)
    if source.files:
        from k8sharden.places.files import open_files  # noqa: PLC0415 - two readers of YAML

        files = open_files(source.files, config.load())
        _tell_skipped(files.manifests)
        return files
    from k8sharden.places.connecting import open_cluster  # noqa: PLC0415 - kubeconfigs and keyrings

    return open_cluster(
        kubeconfig=source.kubeconfig,
        context=source.context,
        server=source.server,
        namespaces=source.namespaces,
        read_only=source.read_only,
        settings=config.load(),
    )


def _tell_skipped(manifests: Manifests) -> None:
    """Say what was found and is not judged."""
    for skipped in manifests.skipped:
        say(f"Skipped {one_line(skipped.file, 300)}: {skipped.reason}.")
    for sentence in manifests.repeated:
        say(sentence)
    if manifests.others:
        kinds = sorted({one_line(item.ref.kind, 80) for item in manifests.others})
        some = ", ".join(kinds[:8])
        say(f"Not judged, of kinds that no check knows: {some}.")
