"""NetworkPolicy, clause by clause: every field of the API reference and what it says of it.

Source: the API reference of networking.k8s.io/v1, v1.36; kubernetes.io, Network Policies.
"""

from typing import Any

import pytest

from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.parties import Party
from tests.analysis.network.small import (
    ANYBODY,
    DB,
    DUAL,
    FAR,
    HOST,
    NEAR,
    NODE,
    OUTSIDE,
    WEB,
    Json,
    asked,
    native,
    pod,
)

YES, NO, MAYBE = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN

SHOP = {"namespaceSelector": {"matchLabels": {"team": "shop"}}}
PAY = {"namespaceSelector": {"matchLabels": {"team": "pay"}}}
APP_WEB = {"podSelector": {"matchLabels": {"app": "web"}}}


def rule(**fields: Any) -> Json:
    """Return a policy over all pods with one ingress rule; ``peers`` stands for ``from``."""
    if "peers" in fields:
        fields["from"] = fields.pop("peers")
    return {"podSelector": {}, "ingress": [fields]}


def selected(**selector: Any) -> Json:
    """Return a policy that denies all to the pods of a selector."""
    return {"podSelector": selector}


def term(operator: str, key: str, *values: str) -> Json:
    """Return a policy that denies all to the pods that one requirement chooses."""
    found: Json = {"key": key, "operator": operator}
    return selected(matchExpressions=[found | ({"values": list(values)} if values else {})])


def block(cidr: str, *out: str) -> Json:
    """Return a policy that lets a block in."""
    return rule(peers=[{"ipBlock": {"cidr": cidr} | ({"except": list(out)} if out else {})}])


def port(number: int | str | None = None, **fields: Any) -> Json:
    """Return a policy that opens a port to everybody."""
    return rule(ports=[fields if number is None else {"port": number, **fields}])


INGRESS: dict[str, tuple[Json, Answer]] = {
    "spec.podSelector: an empty one selects all pods of the namespace": ({"podSelector": {}}, NO),
    "spec.podSelector: where it is missing it is empty": ({}, NO),
    "spec.podSelector.matchLabels: chooses by labels": (selected(matchLabels={"app": "db"}), NO),
    "spec.podSelector.matchLabels: others are not selected": (
        selected(matchLabels={"app": "x"}),
        YES,
    ),
    "spec.podSelector: all requirements must hold": (
        selected(matchLabels={"app": "db", "env": "test"}),
        YES,
    ),
    "matchExpressions, In": (term("In", "app", "db", "x"), NO),
    "matchExpressions, In: not among them": (term("In", "app", "x"), YES),
    "matchExpressions, NotIn": (term("NotIn", "app", "x"), NO),
    "matchExpressions, NotIn: a label that is missing is in no list": (
        term("NotIn", "none", "x"),
        NO,
    ),
    "matchExpressions, Exists": (term("Exists", "app"), NO),
    "matchExpressions, Exists: missing": (term("Exists", "none"), YES),
    "matchExpressions, DoesNotExist": (term("DoesNotExist", "none"), NO),
    "matchExpressions, DoesNotExist: there": (term("DoesNotExist", "app"), YES),
    "policyTypes: where missing, Ingress always": ({"egress": [{}]}, NO),
    "policyTypes: an empty list is a missing one": ({"policyTypes": []}, NO),
    "policyTypes: Egress alone leaves ingress open": ({"policyTypes": ["Egress"]}, YES),
    "policyTypes: ingress rules without their type do not count": (
        {"policyTypes": ["Egress"], "ingress": []},
        YES,
    ),
    "spec.ingress: an empty list isolates": ({"ingress": []}, NO),
    "ingress[]: an empty rule allows all": ({"ingress": [{}]}, YES),
    "ingress[].from: an empty list is everybody": (rule(peers=[]), YES),
    "ingress[].ports: an empty list is every port": (rule(ports=[]), YES),
    "ingress[]: from and ports must both match, and the port does not": (
        rule(peers=[SHOP], ports=[{"port": 80}]),
        NO,
    ),
    "ingress[]: from and ports must both match, and the peer does not": (
        rule(peers=[PAY], ports=[{"port": 5432}]),
        NO,
    ),
    "ingress[]: from and ports match": (rule(peers=[SHOP], ports=[{"port": 5432}]), YES),
    "ingress[].from: one peer that matches is enough": (rule(peers=[PAY, SHOP]), YES),
    "ingress[].ports: one port that matches is enough": (
        rule(ports=[{"port": 80}, {"port": 5432}]),
        YES,
    ),
    "spec.ingress: one rule that matches is enough": (
        {"ingress": [{"from": [PAY]}, {"from": [SHOP]}]},
        YES,
    ),
    "from[].podSelector: alone it means the policy's own namespace": (rule(peers=[APP_WEB]), NO),
    "from[].podSelector: an empty one means all of that namespace": (
        rule(peers=[{"podSelector": {}}]),
        NO,
    ),
    "from[].namespaceSelector: all pods of the namespaces": (rule(peers=[SHOP]), YES),
    "from[].namespaceSelector: an empty one means all namespaces": (
        rule(peers=[{"namespaceSelector": {}}]),
        YES,
    ),
    "from[].namespaceSelector: by name": (
        rule(
            peers=[{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]
        ),
        YES,
    ),
    "from[]: both selectors in one peer must hold": (rule(peers=[{**SHOP, **APP_WEB}]), YES),
    "from[]: both selectors in one peer, and the pod's does not": (
        rule(peers=[{**SHOP, "podSelector": {"matchLabels": {"app": "x"}}}]),
        NO,
    ),
    "from[]: both selectors in one peer, and the namespace's does not": (
        rule(peers=[{**PAY, **APP_WEB}]),
        NO,
    ),
    "from[]: in two peers either is enough": (
        rule(peers=[SHOP, {"podSelector": {"matchLabels": {"app": "x"}}}]),
        YES,
    ),
    "from[]: a peer that names nobody is nobody": (rule(peers=[{}]), NO),
    "from[].ipBlock: over a pod it is for the plug-in": (block("10.0.0.0/8"), MAYBE),
    "from[].ipBlock: another rule that allows settles it": (
        {"ingress": [*block("10.0.0.0/8")["ingress"], {"from": [SHOP]}]},
        YES,
    ),
    "from[].ipBlock: elsewhere": (block("203.0.113.0/24"), NO),
    "from[].ipBlock.except: the pod is left out": (block("10.0.0.0/8", "10.0.0.0/24"), NO),
    "from[].ipBlock.cidr: of the other IP version": (block("fd00::/8"), NO),
    "from[].ipBlock.cidr: what cannot be read may be anything": (block("010.0.0.0/8"), MAYBE),
    "ports[].port: a number": (port(5432), YES),
    "ports[].port: another number": (port(80), NO),
    "ports[].port: missing means all of the protocol": (port(protocol="TCP"), YES),
    "ports[].port: missing means none of another protocol": (port(protocol="UDP"), NO),
    "ports[].port: a name of the target's": (port("postgres"), YES),
    "ports[].port: a name that the pod does not have": (port("https"), NO),
    "ports[].port: a name of another port": (port("stats"), NO),
    "ports[].port: a name goes with its protocol": (port("postgres", protocol="UDP"), NO),
    "ports[].protocol: where missing it is TCP": (port(5432), YES),
    "ports[].protocol: UDP": (port(5432, protocol="UDP"), NO),
    "ports[].protocol: SCTP": (port(5432, protocol="SCTP"), NO),
    "ports[].endPort: the range begins at port": (port(5432, endPort=6000), YES),
    "ports[].endPort: the range holds its end": (port(5000, endPort=5432), YES),
    "ports[].endPort: beyond it": (port(5000, endPort=5431), NO),
}


@pytest.mark.parametrize("clause", INGRESS)
def test_what_a_clause_says_of_ingress(clause: str) -> None:
    """From a pod of another namespace to a port of the database."""
    spec, answer = INGRESS[clause]
    verdict = asked(native(spec))
    assert verdict.ingress.answer is answer
    assert verdict.egress.answer is YES


TO_PAY = [{"to": [PAY]}]
EGRESS: dict[str, tuple[Json, Answer]] = {
    "policyTypes: where missing, egress rules imply Egress": ({"egress": [{"to": [SHOP]}]}, NO),
    "policyTypes: where missing, an empty egress does not": ({"egress": []}, YES),
    "policyTypes: Egress without rules isolates": ({"policyTypes": ["Egress"]}, NO),
    "policyTypes: Ingress alone leaves egress open": (
        {"policyTypes": ["Ingress"], "egress": [{"to": [SHOP]}]},
        YES,
    ),
    "policyTypes: both": ({"policyTypes": ["Ingress", "Egress"], "egress": TO_PAY}, YES),
    "egress[]: an empty rule allows all": ({"egress": [{}]}, YES),
    "egress[].to: an empty list is everybody": ({"egress": [{"to": []}]}, YES),
    "egress[].to: peers as in from": ({"egress": TO_PAY}, YES),
    "egress[].to: alone a podSelector means the own namespace": (
        {"egress": [{"to": [{"podSelector": {}}]}]},
        NO,
    ),
    "egress[].ports: the port of the target, by its name there": (
        {"egress": [{"ports": [{"port": "postgres"}]}]},
        YES,
    ),
    "egress[]: to and ports must both match": (
        {"egress": [{"to": [PAY], "ports": [{"port": 80}]}]},
        NO,
    ),
}


@pytest.mark.parametrize("clause", EGRESS)
def test_what_a_clause_says_of_egress(clause: str) -> None:
    """The same connection, limited where it begins."""
    spec, answer = EGRESS[clause]
    verdict = asked(native(spec, namespace="shop"))
    assert verdict.egress.answer is answer
    assert verdict.ingress.answer is YES


DENY: Json = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
EVERYWHERE = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]
ENDS: dict[str, tuple[Json, Party, Party, Answer]] = {
    "a pod cannot block access to itself": (DENY, DB, DB, YES),
    "the node of a pod always reaches it": (DENY, NODE, DB, YES),
    "a pod on its node's network, too": (DENY, NEAR, DB, YES),
    "another node does not": (DENY, FAR, DB, NO),
    "what a pod sends to its own node is for the plug-in": (DENY, DB, NODE, MAYBE),
    "what it sends to another is not": (DENY, DB, FAR, NO),
    "labels of a pod on its node's network are for the plug-in": (
        rule(peers=[SHOP]),
        HOST,
        DB,
        MAYBE,
    ),
    "its address is the node's": (block("192.168.0.0/24"), HOST, DB, YES),
    "policies that select it are for the plug-in": (
        DENY,
        WEB,
        pod("pay", "a", "192.168.0.3", hostNetwork=True),
        MAYBE,
    ),
    "unless they allow it all the same": (
        rule(peers=[SHOP]),
        WEB,
        pod("pay", "a", "192.168.0.3", hostNetwork=True),
        YES,
    ),
    "an ipBlock holds addresses outside": (block("203.0.113.0/24"), OUTSIDE, DB, YES),
    "less its exceptions": (block("203.0.113.0/24", "203.0.113.0/28"), OUTSIDE, DB, NO),
    "two exceptions that leave out the whole together": (
        block("203.0.113.0/24", "203.0.113.0/25", "203.0.113.128/25"),
        OUTSIDE,
        DB,
        NO,
    ),
    "no selector means an address outside": (
        rule(peers=[{"namespaceSelector": {}}]),
        OUTSIDE,
        DB,
        NO,
    ),
    "anybody anywhere is in every block there is": (block("0.0.0.0/0"), ANYBODY, DB, YES),
    "and where the pod speaks both versions in both": (rule(peers=EVERYWHERE), ANYBODY, DUAL, YES),
    "of which one is not enough": (block("0.0.0.0/0"), ANYBODY, DUAL, MAYBE),
    "and a smaller block is not": (block("203.0.113.0/24"), ANYBODY, DB, MAYBE),
    "nor one with exceptions": (block("0.0.0.0/0", "10.0.0.0/8"), ANYBODY, DB, MAYBE),
    "but for what nobody outside has": (block("0.0.0.0/0", "169.254.169.254/32"), ANYBODY, DB, YES),
    "a block of the version that the pod does not speak": (block("::/0"), ANYBODY, DB, NO),
    "a rule without peers is for anybody": (rule(ports=[{"port": 5432}]), ANYBODY, DB, YES),
}


@pytest.mark.parametrize("case", ENDS)
def test_who_stands_at_an_end(case: str) -> None:
    """Nodes, pods on their network, addresses outside, in one and in two IP versions."""
    spec, source, target, answer = ENDS[case]
    assert asked(native(spec), source, target).answer is answer


def test_named_ports_are_each_pods_own() -> None:
    """One name stands for different ports in two pods that one rule lets web reach."""
    policies = native(port("postgres"))
    other = pod("pay", "old", "10.0.0.3", containers=[{"name": "c", "ports": [OLD]}])
    assert asked(policies, target=other, port=5432).answer is NO
    assert asked(policies, target=other, port=5433).answer is YES
    assert asked(policies, port=5433).answer is NO


OLD = {"name": "postgres", "containerPort": 5433}


def test_an_init_container_that_has_ended_names_no_port() -> None:
    """One that stays, a sidecar, does."""
    for policy, answer in ((None, NO), ("Always", YES)):
        first = {"name": "i", "ports": [OLD], **({"restartPolicy": policy} if policy else {})}
        target = pod("pay", "x", "10.0.0.4", initContainers=[first], containers=[])
        assert asked(native(port("postgres")), target=target, port=5433).answer is answer


def test_policies_add_up_and_name_the_rule_that_allows() -> None:
    """What one allows no other takes back, in whatever order they come."""
    deny: Json = {"podSelector": {}}
    allow: Json = {"ingress": [{"from": [PAY]}, {}]}
    for specs, name in (((deny, allow), "np-1"), ((allow, deny), "np-0")):
        side = asked(native(*specs)).ingress
        assert side.answer is YES
        assert side.policy is not None
        assert (side.policy.name, side.rule) == (name, 1)
        assert {ref.name for ref in side.isolating} == {"np-0", "np-1"}


def test_both_directions_have_to_agree() -> None:
    """A source may not send what its target would take."""
    verdict = asked(native({"podSelector": {}, "policyTypes": ["Egress"]}, namespace="shop"))
    assert verdict.answer is NO
    assert verdict.ingress.answer is YES


def test_a_policy_of_another_namespace_selects_nothing_here() -> None:
    """Nor does one whose selector matches no pod change anything."""
    assert asked(native({"podSelector": {}}, namespace="else")).answer is YES


@pytest.mark.parametrize(
    ("spec", "answer"),
    [
        (rule(), YES),
        (port(protocol="TCP"), YES),
        (port(80), MAYBE),
        (port("postgres"), MAYBE),
        (port("https"), NO),
        (port(80, protocol="UDP"), NO),
    ],
)
def test_any_port_needs_all_of_them(spec: Json, answer: Answer) -> None:
    """Where it is not known which port is needed, a rule for some leaves it unknown."""
    assert asked(native(spec), port=0).answer is answer


@pytest.mark.parametrize(
    ("chosen", "answer"),
    [
        ({}, YES),
        ({"matchLabels": {"team": "x"}}, MAYBE),
        ({"matchLabels": {"kubernetes.io/metadata.name": "lost"}}, YES),
        ({"matchLabels": {"kubernetes.io/metadata.name": "x"}}, NO),
    ],
)
def test_labels_of_a_namespace_that_was_not_read(chosen: Json, answer: Answer) -> None:
    """Its name alone is known."""
    source = pod("lost", "web", "10.0.0.9")
    assert asked(native(rule(peers=[{"namespaceSelector": chosen}])), source).answer is answer


def test_a_selector_that_is_none_makes_the_answer_unknown() -> None:
    """Files may hold what no API server takes."""
    side = asked(native({"podSelector": {"app": "web"}})).ingress
    assert side.answer is MAYBE
    assert side.said == "NetworkPolicy pay/np-0 has a selector that is none"
