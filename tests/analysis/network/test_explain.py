"""Why a cell is as it is: each direction with its policies, rules and ports."""

import msgspec

from k8sharden.analysis.network.cells import OUTSIDE, Spot
from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.explain import Explanation, explain
from k8sharden.analysis.network.matrix import matrix
from k8sharden.analysis.network.policies import Direction, policies_of
from k8sharden.model import kinds
from k8sharden.model import network as n
from tests.analysis.network.worlds import inventory, pod, policy

RED, GREEN = Spot("red"), Spot("green")
DENY = policy("green", "deny", policyTypes=["Ingress"])
WEB = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "a"}}}
OPEN = policy("green", "open", ingress=[{"from": [{"podSelector": {}}]}, {"from": [WEB]}])

RED_PODS = {"matchLabels": {"k8s:io.kubernetes.pod.namespace": "red"}}


def explained(*policies: dict[str, object], source: Spot = RED) -> Explanation:
    """Return why red, or another, reaches green or does not."""
    pods = [pod("red", "web", app="a"), pod("red", "tool", app="b"), pod("green", "db")]
    everybody = inventory(pods, list(policies))
    return explain(matrix(everybody, policies_of(everybody)), source, GREEN)


def said(found: Explanation) -> list[str]:
    """Return the sentences."""
    return [reason.said for reason in found.reasons]


def test_nothing_isolates_either_end() -> None:
    """Both directions are said, although no policy is about them."""
    assert said(explained()) == [
        "No policy isolates Pod red/tool and Pod red/web for egress: everything may pass.",
        "No policy isolates Pod green/db for ingress: everything may pass.",
    ]


def test_what_is_denied_names_the_policies_that_isolate() -> None:
    """And whom they are about, and from where nothing comes in."""
    found = explained(DENY).reasons[-1]
    assert (found.way, found.answer, found.policy) == (Direction.INGRESS, Answer.DENIED, None)
    assert [ref.label for ref in found.isolating] == ["NetworkPolicy green/deny"]
    assert found.said == (
        "NetworkPolicy green/deny isolates Pod green/db for ingress, and no rule allows anything "
        "from Pod red/tool and Pod red/web."
    )


def test_what_is_allowed_names_the_rule() -> None:
    """The index is the rule's own in its policy, as a path that one finds in the manifest."""
    egress, allowed, denied = explained(DENY, OPEN).reasons
    assert egress.answer is Answer.ALLOWED
    assert (allowed.policy and allowed.policy.name, allowed.rule) == ("open", 1)
    assert allowed.said == (
        "NetworkPolicy green/open, spec.ingress[1], allows anything from Pod red/web to Pod "
        "green/db."
    )
    assert denied.others == ("Pod red/tool",)
    assert denied.said.startswith("NetworkPolicy green/deny and NetworkPolicy green/open isolate ")


def test_what_is_unknown_says_why() -> None:
    """With the rule on which it rests."""
    block = policy("green", "block", ingress=[{"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]}])
    found = explained(block).reasons[-1]
    assert found.answer is Answer.UNKNOWN
    assert found.said.startswith(
        "It is not known whether NetworkPolicy green/block, spec.ingress[0], allows anything from "
        "Pod red/tool and Pod red/web to Pod green/db: an ipBlock holds its address, "
    )


def test_a_rule_that_denies_is_named() -> None:
    """Cilium's deny rules stand in a field of their own, and that is the one to look at."""
    spec = {"endpointSelector": {}, "ingressDeny": [{"fromEndpoints": [{}, RED_PODS]}]}
    metadata = {"name": "no", "namespace": "green"}
    policy_of_cilium = msgspec.convert({"metadata": metadata, "spec": spec}, n.Loose)
    plain = inventory([pod("red", "web"), pod("green", "db")], [])
    held = {**plain.objects, kinds.CILIUM_POLICIES.key: (policy_of_cilium,)}
    everybody = msgspec.structs.replace(plain, objects=held, cache={})
    found = explain(matrix(everybody, policies_of(everybody)), RED, GREEN)
    assert said(found)[-1] == (
        "CiliumNetworkPolicy green/no, spec.ingressDeny[0], denies anything from Pod red/web to "
        "Pod green/db."
    )


def test_outside_is_told_apart_by_blocks() -> None:
    """Addresses that a block holds and all others have a sentence each; of their own side none."""
    found = explained(
        policy("green", "b", ingress=[{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}]),
        source=OUTSIDE,
    )
    assert [reason.others for reason in found.reasons if reason.way is Direction.INGRESS] == [
        ("addresses in 192.0.2.0/24",),
        ("any other address",),
    ]
    assert not [reason for reason in found.reasons if reason.way is Direction.EGRESS]


def test_no_more_classes_are_looked_at_than_people_read() -> None:
    """With very many kinds of pods it says that these were not all."""
    apps = [f"a{number}" for number in range(40)]
    pods = [pod("red", app, app=app) for app in apps]
    peers = [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": a}}} for a in apps]
    many = policy("green", "many", ingress=[{"from": [peer]} for peer in peers])
    everybody = inventory([*pods, pod("green", "db")], [many])
    assert explain(matrix(everybody, policies_of(everybody)), RED, GREEN).more
    assert not explained(DENY).more
