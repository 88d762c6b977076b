"""Rules parted by name: what is about harmless objects only is left alone."""

import pytest

from k8sharden.analysis.rbac.apart import apart
from k8sharden.analysis.rbac.named import place_of
from k8sharden.model import objects as o
from tests.analysis.rbac.made import EVERYTHING, policy, rule

CERTIFICATES = "certificates.k8s.io"
POLICY = policy(
    {"all": EVERYTHING},
    "a: all to ServiceAccount ci/pipeline",
)
APPROVAL = rule("update", "certificatesigningrequests/approval", CERTIFICATES)


def harmless(*rules: o.PolicyRule, namespace: str = "") -> list[str]:
    """Return the names that are left alone."""
    found, _ = apart(rules, place_of(POLICY, 36, namespace))
    return [name for each in found for name in each.resource_names or ()]


def test_one_secret_stays_where_all_are_taken_away() -> None:
    """The rule about all of them is another rule, and goes with the others."""
    rules = (rule("get", "secrets"), rule("get", "secrets", names="tls"))
    fine, others = apart(rules, place_of(POLICY, 36, ""))
    assert fine == (rules[1],)
    assert others == (rules[0],)


def test_a_rule_is_parted_name_by_name() -> None:
    """The token of an account that may do everything is not like the others."""
    tokens = rule("create", "serviceaccounts/token", names="pipeline web")
    assert harmless(tokens) == ["web"]


@pytest.mark.parametrize(("namespace", "left"), [("", []), ("shop", ["office"])])
def test_a_namespace_is_changed_in_itself(namespace: str, left: list[str]) -> None:
    """Bound in shop, a rule about office means nothing; bound everywhere, both count."""
    assert harmless(rule("patch", "namespaces", names="shop office"), namespace=namespace) == left


def test_a_signer_counts_together_with_the_approval_beside_it() -> None:
    """What kubelets serve with may be approved on; what people log in with may not."""
    names = "kubernetes.io/kubelet-serving kubernetes.io/kube-apiserver-client"
    signers = rule("approve", "signers", CERTIFICATES, names)
    assert harmless(APPROVAL, signers) == ["kubernetes.io/kubelet-serving"]
