"""Cilium is set to enforce policies.

Settings of the ConfigMap `cilium-config`, in Cilium's namespace: `enable-policy: never` enforces
nothing, `policy-audit-mode: "true"` notes what policies forbid and lets it through,
`enable-k8s-networkpolicy: "false"` reads no NetworkPolicies. Allowed: default and always, false,
true, and none of them set. Where the ConfigMap was not read that is unknown. What one endpoint or
one node has of its own (`cilium-dbg endpoint config`, CiliumNodeConfig) is not seen here.

Source: Cilium 1.20, policy enforcement modes and the Helm reference.
"""

from collections.abc import Iterator

from k8sharden.analysis.network import cilium
from k8sharden.analysis.network.cni import State, enforcement
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.runbooks import cilium as runbook
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    known = enforcement(inventory)
    # Where another plug-in enforces, Cilium may well be there for the network only.
    if known is None or known.state is State.ENFORCED:
        return
    if cilium.may_be_unseen(inventory):
        why = f"It is not known whether Cilium runs here and how it is set. {known.said}"
        yield _finding("kube-system", Status.UNKNOWN, why, {})
    for namespace in cilium.homes(inventory):
        found = cilium.settings(namespace, inventory)
        if found is None:
            why = f"It is not known what Cilium enforces: {cilium.CONFIG} was not read."
            yield _finding(namespace, Status.UNKNOWN, why, {})
        elif off := cilium.switched_off(found):
            values = {key: found[key] for key in off}
            # Another plug-in that may enforce stands before Cilium, which then is for the network.
            sure = known.plugin == CILIUM
            status = Status.FAIL if sure else Status.UNKNOWN
            said = "" if sure else f" Whether another does is not known: {known.said}"
            yield _finding(namespace, status, _message(values) + said, values)


def _message(values: dict[str, str]) -> str:
    said = (f"{key} is {values[key]}: {cilium.UNENFORCED[key][1]}" for key in values)
    return f"Cilium runs and does not enforce. {'; '.join(said)}."


def _finding(namespace: str, status: Status, message: str, evidence: dict[str, str]) -> Finding:
    return Finding(
        ITEM.id,
        ITEM.area,
        ITEM.severity,
        status,
        kinds.CONFIG_MAPS.ref(namespace, cilium.CONFIG),
        message,
        path="data",
        evidence=evidence,
    )


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    namespace = found.resource.namespace
    values = cilium.settings(namespace, inventory)
    off = cilium.switched_off(values or {})
    if not off:
        return NoChange(f"Not known to be wrong. {found.message}")
    return Change(
        ChangeKind.ARTEFACT,
        "Let Cilium enforce policies",
        Risk.TRAFFIC,
        files=runbook.files(namespace, off),
        basis={"settings": list(off)},
        rests_on=kinds.listings((kinds.CONFIG_MAPS,), namespace),
        warnings=(_BEGINS,),
    )


_BEGINS = (
    "Needs testing: every policy that is there begins to hold once the agents have restarted, and "
    "what it cuts was let through until now."
)
_DOCS = "https://docs.cilium.io/en/stable"

ITEM = Item(
    id="net-cilium-mode",
    title="Cilium is set to enforce policies",
    area=Area.NETWORK,
    severity=Severity.CRITICAL,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CONTROL_PLANE,
    needs=(kinds.DAEMON_SETS, kinds.CONFIG_MAPS),
    references=(
        Reference("CIS Kubernetes 5.3.1"),
        Reference(
            "Cilium: policy enforcement modes",
            f"{_DOCS}/security/network/policyenforcement/",
        ),
        Reference("Cilium: Helm reference", f"{_DOCS}/helm-reference/"),
    ),
    lesson=Lesson(
        what=(
            "Cilium can run as the network of a cluster and enforce nothing. In its ConfigMap "
            "cilium-config, enable-policy: never switches policies off; policy-audit-mode notes "
            "what they forbid and lets it pass; enable-k8s-networkpolicy: false leaves "
            "Kubernetes' own policies unread, while Cilium's hold. Each is one word in the values "
            "of a chart."
        ),
        why=(
            "Audit mode is the right way to begin: see what a policy would cut before it cuts. It "
            "is meant for days and stays for years, because everything works and nothing reminds "
            "anybody. never is what people set at three in the morning to end an outage. In both "
            "cases policies, dashboards and reviews look as though there were a wall."
        ),
        attack=(
            "The training cluster's plug-in is DaemonSet kube-system/calico-node. Suppose Kestrel "
            "Books moves to Cilium and starts in audit mode, to see what its policies would cut. "
            "The move succeeds, and nobody ends the audit. In Deployment shop/web Mallory runs a "
            "port scan of the namespace catalogue. Each connection is noted as forbidden and goes "
            "through; the notes stand in a buffer that nobody reads, and it is full after an hour."
        ),
        fix=(
            "A file of Helm values sets the words right: policyEnforcementMode default, "
            "policyAuditMode false, k8sNetworkPolicy.enabled true, only those that are wrong. The "
            "chart writes them into cilium-config, and the agents read them after a restart. The "
            "runbook first lists what audit mode has noted, so that nothing needed is cut."
        ),
        breaks=(
            "All policies begin to hold once agents have restarted, node by node. What was only "
            "noted is dropped from then on. Existing connections through Cilium's proxy for HTTP "
            "are cut by the restart, others live on. `--reuse-values` keeps the other settings of "
            "the release; without it the upgrade resets them."
        ),
        verify=(
            "`kubectl -n kube-system get configmap cilium-config -o yaml` shows the settings, "
            "`kubectl -n kube-system exec ds/cilium -- cilium-dbg config` what an agent read. "
            "`cilium-dbg endpoint list` shows endpoints in audit mode on their own, which the API "
            "does not. Then try the two pods of the runbook: the second connection must time out."
        ),
        reading=(
            Reference(
                "Cilium: policy enforcement modes",
                f"{_DOCS}/security/network/policyenforcement/",
            ),
            Reference(
                "Cilium: creating policies from verdicts",
                f"{_DOCS}/security/policy-creation/",
            ),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
