"""Cilium's policies: what is modelled is judged, and what is not makes answers unknown, by name."""

from typing import Any

import pytest

from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.parties import Party
from k8sharden.model import kinds
from tests.analysis.network.small import (
    API,
    DB,
    FAR,
    HOST,
    NODE,
    OUTSIDE,
    WEB,
    Json,
    asked,
    other,
    pod,
)

YES, NO, MAYBE = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN
CNP, CCNP = kinds.CILIUM_POLICIES, kinds.CILIUM_CLUSTERWIDE_POLICIES
POSTGRES = {"port": "5432", "protocol": "TCP"}


def ingress(*rules: Json, **fields: Any) -> Json:
    """Return a specification over all endpoints with these rules of ingress."""
    return {"endpointSelector": {}, "ingress": list(rules), **fields}


def endpoints(**labels: str) -> Json:
    """Return a rule for endpoints of these labels; ``__`` stands for what no name can hold."""
    return {"fromEndpoints": [{"matchLabels": labels}]}


def ports(*each: Json, **more: Any) -> Json:
    """Return ports as a rule names them."""
    return {"toPorts": [{"ports": list(each), **more}]}


SHOP = {"k8s:io.kubernetes.pod.namespace": "shop"}

CASES: dict[str, tuple[Json, Party, Answer]] = {
    "no section, no effect": ({"endpointSelector": {}}, WEB, YES),
    "an empty section has none either": (ingress(), WEB, YES),
    "an empty rule isolates and allows nothing": (ingress({}), WEB, NO),
    "only the endpoints that are selected": (
        {"endpointSelector": {"matchLabels": {"app": "x"}}, "ingress": [{}]},
        WEB,
        YES,
    ),
    "an endpointSelector cannot leave its namespace": (
        {"endpointSelector": {"matchLabels": SHOP}, "ingress": [{}]},
        WEB,
        NO,
    ),
    "any: and k8s: are sources of labels": (
        {
            "endpointSelector": {"matchLabels": {"k8s:app": "db", "any:env": "prod"}},
            "ingress": [{}],
        },
        WEB,
        NO,
    ),
    "fromEndpoints: the own namespace where none is named": (
        ingress(endpoints(app="web")),
        WEB,
        NO,
    ),
    "fromEndpoints: another namespace by name": (ingress(endpoints(**SHOP, app="web")), WEB, YES),
    "fromEndpoints: another namespace by its labels": (
        ingress(endpoints(**{"io.cilium.k8s.namespace.labels.team": "shop"})),
        WEB,
        YES,
    ),
    "fromEndpoints: by expressions": (
        ingress(
            {
                "fromEndpoints": [
                    {
                        "matchExpressions": [
                            {
                                "key": "k8s:io.kubernetes.pod.namespace",
                                "operator": "Exists",
                            },
                            {"key": "app", "operator": "NotIn", "values": ["x"]},
                        ]
                    }
                ]
            }
        ),
        WEB,
        YES,
    ),
    "fromEndpoints: an empty list is nobody": (ingress({"fromEndpoints": []}), WEB, NO),
    "fromEndpoints: a pod on its node's network is none": (ingress(endpoints(**SHOP)), HOST, NO),
    "toPorts alone: anybody": (ingress(ports(POSTGRES)), OUTSIDE, YES),
    "toPorts: another port": (ingress(ports({"port": "80"})), WEB, NO),
    "toPorts: no protocol is any": (ingress(ports({"port": "5432"})), WEB, YES),
    "toPorts: ANY is any": (ingress(ports({"port": "5432", "protocol": "ANY"})), WEB, YES),
    "toPorts: UDP": (ingress(ports({"port": "5432", "protocol": "UDP"})), WEB, NO),
    "toPorts: endPort": (ingress(ports({"port": "5000", "endPort": 6000})), WEB, YES),
    "toPorts: port 0 is all": (ingress(ports({"port": "0", "protocol": "TCP"})), WEB, YES),
    "toPorts: a name": (ingress(ports({"port": "Postgres"})), WEB, YES),
    "toPorts: both must match": (ingress(endpoints(**SHOP) | ports({"port": "80"})), WEB, NO),
    "toPorts: what is odd in it is unknown": (ingress(ports({"port": "0x10"})), WEB, MAYBE),
    "toPorts: a listener is not modelled": (ingress(ports(POSTGRES, listener={})), WEB, MAYBE),
    "toPorts: a listener on another peer changes nothing": (
        ingress(endpoints(app="x") | ports(POSTGRES, listener={})),
        WEB,
        NO,
    ),
    "fromEntities: all": (ingress({"fromEntities": ["all"]}), OUTSIDE, YES),
    "fromEntities: cluster, of a pod": (ingress({"fromEntities": ["cluster"]}), WEB, YES),
    "fromEntities: cluster, of a node": (ingress({"fromEntities": ["cluster"]}), FAR, YES),
    "fromEntities: cluster, of somebody outside": (
        ingress({"fromEntities": ["cluster"]}),
        OUTSIDE,
        NO,
    ),
    "fromEntities: world": (ingress({"fromEntities": ["world"]}), OUTSIDE, YES),
    "fromEntities: world, of a pod": (ingress({"fromEntities": ["world"]}), WEB, NO),
    "fromEntities: host, of another node": (ingress({"fromEntities": ["host"]}), FAR, NO),
    "fromEntities: remote-node": (ingress({"fromEntities": ["remote-node"]}), FAR, YES),
    "fromEntities: remote-node, of a pod on its network": (
        ingress({"fromEntities": ["remote-node"]}),
        HOST,
        YES,
    ),
    "fromEntities: kube-apiserver": (ingress({"fromEntities": ["kube-apiserver"]}), API, YES),
    "fromEntities: kube-apiserver, of a pod": (
        ingress({"fromEntities": ["kube-apiserver"]}),
        WEB,
        NO,
    ),
    "fromEntities: kube-apiserver, of a node that may be its": (
        ingress({"fromEntities": ["kube-apiserver"]}),
        FAR,
        MAYBE,
    ),
    "fromEntities: cluster, of an API server somewhere": (
        ingress({"fromEntities": ["cluster"]}),
        API,
        MAYBE,
    ),
    "fromEntities: none": (ingress({"fromEntities": ["none"]}), WEB, NO),
    "fromEntities: what is new is unknown": (ingress({"fromEntities": ["moon"]}), FAR, MAYBE),
    "the node of an endpoint always reaches it": (ingress({}), NODE, YES),
    "fromCIDR: outside": (ingress({"fromCIDR": ["203.0.113.0/24"]}), OUTSIDE, YES),
    "fromCIDR: a single address": (ingress({"fromCIDR": ["203.0.113.7"]}), OUTSIDE, YES),
    "fromCIDR: never a pod": (ingress({"fromCIDR": ["10.0.0.0/8"]}), WEB, NO),
    "fromCIDR: a node only if Cilium is told so": (
        ingress({"fromCIDR": ["192.168.0.0/24"]}),
        FAR,
        MAYBE,
    ),
    "fromCIDRSet: less its exceptions": (
        ingress({"fromCIDRSet": [{"cidr": "203.0.113.0/24", "except": ["203.0.113.0/28"]}]}),
        OUTSIDE,
        NO,
    ),
    "fromCIDRSet: a group is not modelled": (
        ingress({"fromCIDRSet": [{"cidrGroupRef": "g"}]}),
        OUTSIDE,
        MAYBE,
    ),
    "fromCIDRSet: a group holds no pod": (
        ingress({"fromCIDRSet": [{"cidrGroupRef": "g"}]}),
        WEB,
        NO,
    ),
    "ingressDeny wins": (
        ingress({"fromEntities": ["all"]}, ingressDeny=[endpoints(**SHOP)]),
        WEB,
        NO,
    ),
    "ingressDeny of somebody else": (
        ingress({"fromEntities": ["all"]}, ingressDeny=[endpoints(app="x")]),
        WEB,
        YES,
    ),
    "ingressDeny alone isolates": (
        {"endpointSelector": {}, "ingressDeny": [endpoints(app="x")]},
        WEB,
        NO,
    ),
    "ingressDeny that is not modelled": (
        ingress({"fromEntities": ["all"]}, ingressDeny=[{"fromGroups": [{}]}]),
        OUTSIDE,
        MAYBE,
    ),
    "enableDefaultDeny: false leaves open what no rule allows": (
        ingress({}, enableDefaultDeny={"ingress": False}),
        WEB,
        YES,
    ),
    "enableDefaultDeny: false and a rule that denies": (
        {
            "endpointSelector": {},
            "enableDefaultDeny": {"ingress": False},
            "ingressDeny": [endpoints(**SHOP)],
        },
        WEB,
        NO,
    ),
    "fromNodes is not modelled": (ingress({"fromNodes": [{}]}), FAR, MAYBE),
    "fromNodes means no pods": (ingress({"fromNodes": [{}]}), WEB, NO),
    "fromRequires limits what other rules allow": (
        ingress({"fromEntities": ["all"]}, {"fromRequires": [{}]}),
        WEB,
        MAYBE,
    ),
    "authentication is not modelled": (
        ingress(endpoints(**SHOP) | {"authentication": {"mode": "required"}}),
        WEB,
        MAYBE,
    ),
    "authentication that is off": (
        ingress(endpoints(**SHOP) | {"authentication": {"mode": "disabled"}}),
        WEB,
        YES,
    ),
    "icmps allow no connection, whomever they name": (
        ingress(endpoints(**SHOP) | {"icmps": [{"fields": [{"type": 8}]}]}),
        WEB,
        NO,
    ),
    "icmps allow no connection": (ingress({"icmps": [{"fields": [{"type": 8}]}]}), WEB, NO),
    "two kinds of peers at once are not modelled": (
        ingress({"fromEntities": ["world"], "fromCIDR": ["10.0.0.0/8"]}),
        WEB,
        MAYBE,
    ),
    "a field that is new": (ingress({}, tier="x"), WEB, MAYBE),
    "labels of other sources": (ingress(endpoints(**{"reserved:host": ""})), WEB, MAYBE),
    "labels that Cilium leaves out": (ingress(endpoints(**{"pod-template-hash": "a"})), WEB, MAYBE),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_policy_of_cilium_says_of_ingress(case: str) -> None:
    """From a pod, a node, the API server or outside to the database."""
    spec, source, answer = CASES[case]
    assert asked(other(CNP, spec), source).ingress.answer is answer


@pytest.mark.parametrize(
    ("rule", "target", "answer"),
    [
        ({"toEntities": ["kube-apiserver"]}, API, YES),
        ({"toEntities": ["kube-apiserver"], **ports({"port": "443"})}, API, NO),
        ({"toEntities": ["world"]}, OUTSIDE, YES),
        ({"toEndpoints": [{"matchLabels": {"app": "web", **SHOP}}]}, WEB, YES),
        ({"toEndpoints": [{"matchLabels": {"app": "web"}}]}, WEB, NO),
        ({"toCIDRSet": [{"cidr": "203.0.113.0/24"}]}, OUTSIDE, YES),
        ({"toFQDNs": [{"matchName": "api.stripe.com"}]}, OUTSIDE, MAYBE),
        ({"toFQDNs": [{"matchName": "api.stripe.com"}]}, WEB, NO),
        ({"toServices": [{}]}, WEB, MAYBE),
    ],
)
def test_what_a_policy_of_cilium_says_of_egress(rule: Json, target: Party, answer: Answer) -> None:
    """The rules that are generated are judged, and others are named."""
    policies = other(CNP, {"endpointSelector": {}, "egress": [rule]})
    side = asked(policies, DB, target).egress
    assert side.answer is answer
    if answer is MAYBE:
        assert "is not modelled" in side.said


def test_http_rules_allow_and_say_that_they_limit() -> None:
    """A rule without them comes first where both allow."""
    paths = endpoints(**SHOP) | ports(POSTGRES, rules={"http": [{"path": "/"}]})
    side = asked(other(CNP, ingress(paths))).ingress
    assert (side.answer, side.said) == (YES, "HTTP rules")
    side = asked(other(CNP, ingress(paths, endpoints(**SHOP)))).ingress
    assert (side.answer, side.said, side.rule) == (YES, "", 1)


def test_several_specifications_are_several_policies() -> None:
    """Each of them counts."""
    open_to_web = ingress(endpoints(**SHOP))
    assert asked(other(CNP, {}, specs=[ingress({}), open_to_web])).answer is YES
    assert asked(other(CNP, {}, specs=[ingress({})])).answer is NO


def test_a_clusterwide_policy_is_about_all_namespaces() -> None:
    """Its empty selectors are, and its peers name namespaces where they mean some."""
    everybody = other(CCNP, ingress({"fromEndpoints": [{}]}))
    assert asked(everybody).answer is YES
    assert asked(everybody, OUTSIDE).answer is NO
    shop = {"endpointSelector": {"matchLabels": {"io.kubernetes.pod.namespace": "shop"}}}
    assert asked(other(CCNP, shop | {"ingress": [{}]})).answer is YES
    assert asked(other(CCNP, shop | {"ingress": [{}]}), DB, WEB).answer is NO


def test_a_policy_for_nodes_leaves_nodes_unknown() -> None:
    """It says nothing of pods with addresses of their own."""
    policies = other(CCNP, {"nodeSelector": {}, "ingress": [{}]})
    assert asked(policies).answer is YES
    target = pod("pay", "a", "192.168.0.3", hostNetwork=True)
    side = asked(policies, target=target).ingress
    assert side.answer is MAYBE
    assert side.said == "CiliumClusterwideNetworkPolicy p is not modelled: nodeSelector"


def test_cilium_holds_no_policy_for_pods_on_the_nodes_network() -> None:
    """They are their node to it."""
    target = pod("pay", "a", "192.168.0.3", hostNetwork=True)
    assert asked(other(CNP, ingress({})), target=target).answer is YES


def test_what_is_not_modelled_is_named() -> None:
    """By the policy and the field."""
    side = asked(other(CNP, {"endpointSelector": {}, "egress": [{"toServices": [{}]}]}), DB, WEB)
    assert side.egress.said == "toServices is not modelled"
    assert side.egress.policy == CNP.ref("pay", "p")
