"""Public HTTP is limited to known paths, where Cilium can do so.

Bad, and low: where Cilium is the network plug-in, a workload that a route brings requests to from
outside, and no policy with `toPorts[].rules.http` selects it. Bad, and medium: a policy with such
rules while `enable-l7-proxy: "false"` stands in `cilium-config`, so that its agents cannot hold it.
Left out: other plug-ins, which have no such rules; whatever no Ingress and no route leads to.

Source: Cilium 1.20, Layer 7 policies.
"""

from collections.abc import Iterator

from k8sharden.analysis.network import cilium, http
from k8sharden.analysis.network.cni import enforcement
from k8sharden.analysis.network.plugins import CILIUM
from k8sharden.analysis.network.proven import proven
from k8sharden.analysis.network.units import unit_of
from k8sharden.analysis.runbooks import http_rules
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref

_NEEDS = (
    kinds.INGRESSES, kinds.GATEWAYS, kinds.HTTP_ROUTES, kinds.GRPC_ROUTES, kinds.SERVICES,
    *kinds.WORKLOADS, kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES,
)  # fmt: skip
_RESTS_ON = (kinds.INGRESSES, kinds.SERVICES, kinds.PODS, kinds.CILIUM_POLICIES)


def _evaluate(inventory: Inventory) -> Iterator[Finding]:
    return proven(ITEM, _found(inventory), inventory)


def _found(inventory: Inventory) -> Iterator[Finding]:
    known = enforcement(inventory)
    if known is None or known.plugin != CILIUM:
        return
    yield from _held_by_nobody(inventory)
    for ref in http.routed(inventory):
        unit = unit_of(ref, inventory)
        if unit is not None and not http.is_limited(unit, inventory):
            why = "Routes bring it requests from outside, and no policy limits their paths."
            yield _finding(ref, Severity.LOW, Status.FAIL, why)


def _held_by_nobody(inventory: Inventory) -> Iterator[Finding]:
    """Yield the policies whose HTTP rules the agents cannot hold."""
    read = [cilium.settings(namespace, inventory) for namespace in cilium.homes(inventory)]
    off = any(found is not None and not cilium.proxies(found) for found in read)
    for ref in dict.fromkeys(clause.ref for clause in http.with_http_rules(inventory)):
        if off:
            why = "It has HTTP rules, and Cilium's enable-l7-proxy is false: nothing holds them."
            yield _finding(ref, Severity.MEDIUM, Status.FAIL, why)
        elif None in read:
            why = f"It has HTTP rules; whether Cilium holds them stands in {cilium.CONFIG}."
            yield _finding(ref, Severity.MEDIUM, Status.UNKNOWN, why)


def _finding(ref: Ref, severity: Severity, status: Status, message: str) -> Finding:
    system = is_system_namespace(ref.namespace)
    return Finding(ITEM.id, ITEM.area, severity, status, ref, message, system=system)


def _remediate(found: Finding, inventory: Inventory) -> Change | NoChange:
    if found.severity is Severity.MEDIUM:
        return NoChange(
            "Set l7Proxy: true in Cilium's Helm values (enable-l7-proxy) and restart its agents, "
            "one node after the other, or take the HTTP rules out of the policy."
        )
    edges = http.routed(inventory).get(found.resource, ())
    unit = unit_of(found.resource, inventory)
    if unit is None or not edges:
        return NoChange("No route leads to it by now: scan again.")
    paths = http.known_paths(edges)
    if not paths:
        return NoChange(
            "Its routes lead everything to it, and no flows with HTTP paths were given: let Hubble "
            "watch its requests for some days, and scan again with --flows."
        )
    return Change(
        ChangeKind.ARTEFACT,
        f"Limit the requests of {found.resource.label}",
        Risk.TRAFFIC,
        files=http_rules.files(
            found.resource.label, http.http_policy(unit, edges, paths, inventory)
        ),
        basis={"paths": list(paths)},
        rests_on=kinds.listings(_RESTS_ON),
        warnings=(_SEEN_ONLY,),
    )


_SEEN_ONLY = (
    "Needs testing: only paths that routes or flows show are in it. Where no other policy selects "
    "these pods, it closes them to everybody else."
)
_DOCS = "https://docs.cilium.io/en/stable"

ITEM = Item(
    id="net-l7",
    title="Public HTTP is limited to known paths, with Cilium",
    area=Area.NETWORK,
    severity=Severity.LOW,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.CLUSTER,
    needs=_NEEDS,
    references=(
        Reference("Cilium: layer 7 policies", f"{_DOCS}/security/policy/language/"),
        Reference("MITRE ATT&CK T1190", "https://attack.mitre.org/techniques/T1190/"),
    ),
    lesson=Lesson(
        what=(
            "A NetworkPolicy knows addresses and ports. Cilium reads HTTP as well: under a port of "
            "a CiliumNetworkPolicy, rules.http lists paths and methods, and a proxy on the node "
            "answers 403 to everything else. It is for what routes bring in from outside, where "
            "strangers choose the path. enable-l7-proxy switches that proxy on or off."
        ),
        why=(
            "Programs answer on more paths than people know: metrics, health, debug pages, an old "
            "version of the interface. A route to / leads all of them outside. The gateway may "
            "filter, and whoever is behind the gateway already does not pass it. A list of paths "
            "beside the workload holds for everybody. It is one layer more and no substitute for "
            "logging in."
        ),
        attack=(
            "The Ingress of Kestrel Books leads / of its host to Deployment shop/web, on port "
            "8080. Mallory tries paths that frameworks bring along, and /debug/env answers with "
            "the settings, passwords included. No policy was broken, since the gateway may connect "
            "to that port. With Cilium and a list of the shop's paths she would have got a 403, "
            "and the flow log a line with her try."
        ),
        fix=(
            "A CiliumNetworkPolicy for the workload is exported as a file, with the paths that "
            "routes or observed flows show, for the callers that the routes have; it adds nothing "
            "else. It stays advice: policies add up, so that the port has to go from the others "
            "afterwards, and only you know the requests that come once a year."
        ),
        breaks=(
            "A path that is missing answers 403. Requests go through a proxy, which costs a "
            "little time and memory, and open connections are cut when the agent restarts. TLS "
            "that ends in the pod cannot be read. A policy for pods that no other policy selects "
            "closes them to everybody whom it does not name."
        ),
        verify=(
            "Ask for a listed path and for one that is not: the second answers 403 with the words "
            "Access denied. `hubble observe --protocol http --verdict DROPPED` shows what was "
            "refused. `kubectl -n kube-system get configmap cilium-config -o yaml` must not say "
            "enable-l7-proxy: false. Follow one purchase from end to end."
        ),
        reading=(
            Reference("Cilium: layer 7 policies", f"{_DOCS}/security/policy/language/"),
            Reference("Cilium: policy audit mode", f"{_DOCS}/security/policy-creation/"),
        ),
    ),
    evaluate=_evaluate,
    remediate=_remediate,
    live_only=True,
)
