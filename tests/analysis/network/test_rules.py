"""Rules: needs as people would write them, for NetworkPolicies and for Cilium's."""

from k8sharden.analysis.network.beyond import Block
from k8sharden.analysis.network.policies import Direction
from k8sharden.analysis.network.rules import Beyond, Need, Pods, cilium_rules, policy_rules

WEB = Pods("shop", {"matchLabels": {"app": "web"}})
CART = Pods("shop", {"matchLabels": {"app": "cart"}})
WIKI = Pods("office", {"matchLabels": {"app": "wiki"}})
NODES = Beyond((), ("host", "remote-node"))
SERVER = Beyond((Block("192.0.2.10/32"),), ("kube-apiserver",))


def test_peers_of_the_same_ports_are_in_one_rule() -> None:
    """Peers of the same namespace by their labels, others by their namespace's name as well."""
    needs = [Need(WEB, 80), Need(WIKI, 80), Need(CART, 443), Need(WEB, 80)]
    assert policy_rules(needs, Direction.INGRESS, "shop") == [
        {
            "from": [{"podSelector": {"matchLabels": {"app": "cart"}}}],
            "ports": [{"protocol": "TCP", "port": 443}],
        },
        {
            "from": [
                {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "office"}},
                    "podSelector": {"matchLabels": {"app": "wiki"}},
                },
                {"podSelector": {"matchLabels": {"app": "web"}}},
            ],
            "ports": [{"protocol": "TCP", "port": 80}],
        },
    ]


def test_a_port_that_is_open_to_all_is_not_named_again() -> None:
    """What everybody may reach, a peer may reach: naming it as well would only look safer."""
    needs = [Need(NODES, 80), Need(WEB, 80), Need(WEB, 9090)]
    assert policy_rules(needs, Direction.INGRESS, "shop") == [
        {"ports": [{"protocol": "TCP", "port": 80}]},
        {
            "from": [{"podSelector": {"matchLabels": {"app": "web"}}}],
            "ports": [{"protocol": "TCP", "port": 9090}],
        },
    ]


def test_any_port_takes_in_all_others() -> None:
    """A rule without ports is about every one of them."""
    assert policy_rules([Need(WEB, 0), Need(WEB, 80)], Direction.EGRESS, "shop") == [
        {"to": [{"podSelector": {"matchLabels": {"app": "web"}}}]}
    ]


def test_cilium_is_told_entities_and_one_kind_of_peer_in_each_rule() -> None:
    """Its rules take pods, entities and addresses only apart from each other."""
    block = Beyond((Block("0.0.0.0/0", ("169.254.0.0/16",)),))
    needs = [Need(WIKI, 53, "UDP"), Need(SERVER, 6443), Need(block, 443)]
    assert cilium_rules(needs, Direction.EGRESS, "shop") == [
        {
            "toCIDRSet": [{"cidr": "0.0.0.0/0", "except": ["169.254.0.0/16"]}],
            "toPorts": [{"ports": [{"port": "443", "protocol": "TCP"}]}],
        },
        {
            "toEndpoints": [
                {"matchLabels": {"app": "wiki", "k8s:io.kubernetes.pod.namespace": "office"}}
            ],
            "toPorts": [{"ports": [{"port": "53", "protocol": "UDP"}]}],
        },
        {
            "toEntities": ["kube-apiserver"],
            "toPorts": [{"ports": [{"port": "6443", "protocol": "TCP"}]}],
        },
    ]


def test_cilium_takes_forty_ports_in_a_list() -> None:
    """Its definition refuses more, so that they go on in a second list."""
    (rule,) = cilium_rules([Need(WEB, port) for port in range(1, 50)], Direction.INGRESS, "shop")
    assert [len(each["ports"]) for each in rule["toPorts"]] == [40, 9]


def test_an_address_of_every_node_is_named_to_cilium_in_both_ways() -> None:
    """Whether it takes a node's cache of names for the host or for an address, names are found."""
    cache = Beyond((Block("169.254.20.10/32"),), ("host",))
    ports = [{"ports": [{"port": "53", "protocol": "UDP"}]}]
    assert cilium_rules([Need(cache, 53, "UDP")], Direction.EGRESS, "shop") == [
        {"toCIDRSet": [{"cidr": "169.254.20.10/32"}], "toPorts": ports},
        {"toEntities": ["host"], "toPorts": ports},
    ]
