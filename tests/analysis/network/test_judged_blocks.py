"""Judged edges whose end is a block of addresses."""

import pytest

from k8sharden.analysis.network.decide import Answer
from k8sharden.analysis.network.edges import Edge, End, EndKind, Evidence, EvidenceKind
from k8sharden.analysis.network.judged import judge_edge
from k8sharden.analysis.network.policies import policies_of
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.decoding import convert
from tests.analysis.network.test_traffic import inventory, policy

POD = {"metadata": {"name": "web", "namespace": "payments"}, "spec": {"containers": []}}
WEB = End(EndKind.WORKLOAD, kinds.PODS.ref("payments", "web"))


@pytest.mark.parametrize(
    ("kind", "block", "answer"),
    [
        (EndKind.OUTSIDE, "192.0.2.10/32", Answer.ALLOWED),
        (EndKind.OUTSIDE, "192.0.2.0/25", Answer.ALLOWED),
        (EndKind.OUTSIDE, "192.0.2.0/23", Answer.DENIED),
        (EndKind.OUTSIDE, "2001:db8::/32", Answer.DENIED),
        (EndKind.NODES, "192.0.2.10/32", Answer.ALLOWED),
        (EndKind.NODES, "169.254.20.10/32", Answer.DENIED),
        (EndKind.OUTSIDE, "nonsense", Answer.UNKNOWN),
    ],
)
def test_a_block_gets_through_where_each_part_of_it_does(
    kind: EndKind, block: str, answer: Answer
) -> None:
    """A rule for 192.0.2.0/24 lets in each block in it, and none that reaches beyond."""
    space = inventory(policy({"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}))
    known = {**space.objects, kinds.PODS.key: (convert(POD, o.Pod),)}
    whole = type(space)(space.source, known, {})
    shown = Evidence(EvidenceKind.FLOW, "seen")
    edge = Edge(End(kind, address=block), WEB, 80, evidence=(shown,))
    assert judge_edge(edge, policies_of(whole), whole).ingress.answer is answer
