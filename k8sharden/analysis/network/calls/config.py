"""Calls that settings name: environment, command lines, ConfigMaps."""

from collections.abc import Iterator

from k8sharden.analysis.network.calls.found import Found, edge
from k8sharden.analysis.network.calls.hosts import Hosts, Lead
from k8sharden.analysis.network.calls.services import workload_end
from k8sharden.analysis.network.calls.setting import Setting
from k8sharden.analysis.network.calls.settings import secrets, settings
from k8sharden.analysis.network.edges import Evidence, EvidenceKind, Untold
from k8sharden.model.inventory import Inventory
from k8sharden.model.mentions import Mention
from k8sharden.model.text import one_line
from k8sharden.model.workloads import MIRROR, Workload, workloads

_MOST_NAMES = 3


def from_config(inventory: Inventory) -> Iterator[Found]:
    """Yield the calls that the settings of workloads name, and what they leave open."""
    hosts = Hosts(inventory)
    for workload in workloads(inventory):
        # Static pods are the control plane itself, on the nodes' network.
        if MIRROR not in workload.metadata.annotation:
            yield from _of(workload, hosts, inventory)


def _of(workload: Workload, hosts: Hosts, inventory: Inventory) -> Iterator[Found]:
    for setting in settings(workload, inventory):
        for mention in dict.fromkeys(setting.hosts):
            if setting.believed(mention):
                lead = hosts.lead(
                    mention, workload.namespace, hinted=setting.hinted or mention.named
                )
                yield from _edges(workload, setting, mention, lead)
    if names := secrets(workload):
        yield Untold(workload.ref, _unread(names), workload.ref)


def _edges(workload: Workload, setting: Setting, mention: Mention, lead: Lead) -> Iterator[Found]:
    source = workload_end(workload.ref)
    evidence = Evidence(EvidenceKind.CONFIG, setting.said, setting.source)
    for target in lead.targets:
        if target.end != source or mention.sure or "." in mention.host:
            yield edge(source, target, evidence)
    about = setting.source or workload.ref
    if lead.missing:
        what = one_line(lead.missing, 200)
        said = f"{setting.said} names {what}, and no such Service is known"
        yield Untold(about, said, workload.ref)
    if lead.service and not lead.targets and (mention.sure or setting.hinted):
        said = f"{setting.said} names Service {lead.service}, where nothing is known to answer"
        yield Untold(about, said, workload.ref)
    if lead.metadata:
        said = f"{setting.said} names the cloud's metadata, which no policy should open"
        yield Untold(about, said, workload.ref)


def _unread(names: tuple[str, ...]) -> str:
    shown = ", ".join(one_line(name, 80) for name in names[:_MOST_NAMES])
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    what = "Secret" if len(names) == 1 else "Secrets"
    return f"it takes settings from the {what} {shown}{more}: hosts in there are not read"
