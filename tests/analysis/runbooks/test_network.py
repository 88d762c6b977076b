"""The runbooks that let policies be enforced: complete for each plug-in, and proven by a probe."""

import re

import pytest
import yaml

from k8sharden.analysis.network.cilium import UNENFORCED
from k8sharden.analysis.network.plugins import AMAZON, FLANNEL, KIND, ROUTER, WEAVE
from k8sharden.analysis.runbooks import cilium, network_plugin
from tests.analysis.runbooks.test_files import SECTIONS, by_path

PLACES = [
    ("kubeadm", FLANNEL), ("RKE2", FLANNEL), ("k3s", "k3s"), ("EKS", AMAZON),
    ("EKS", "EKS Auto Mode"), ("GKE", "GKE without Dataplane V2"), ("kind", KIND),
    ("AKS", "AKS without a policy engine"), ("unknown", ROUTER), ("unknown", WEAVE),
    ("unknown", "Homegrown"),
]  # fmt: skip
MODES = [tuple(UNENFORCED), *((key,) for key in UNENFORCED)]


def check(text: str) -> None:
    """Check that a runbook has its parts, and a probe at its end."""
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(SECTIONS)
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert text.count("```") % 2 == 0
    assert "kubectl get networkpolicies -A" in text
    policy = re.search(r"echo '(.+)' \| kubectl", text)
    assert policy is not None
    assert yaml.safe_load(policy[1])["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}


@pytest.mark.parametrize(("distribution", "plugin"), PLACES)
def test_every_plug_in_gets_a_runbook_of_its_own(distribution: str, plugin: str) -> None:
    """It names what runs, begins with what will hold, and ends with a proof."""
    (file,) = network_plugin.files(distribution, plugin)
    check(file.text)
    assert plugin in file.text


def test_no_two_plug_ins_get_the_same_steps() -> None:
    """The step that switches an engine on is that of the plug-in."""
    texts = {network_plugin.files(*place)[0].text for place in PLACES}
    assert len(texts) == len(PLACES) - 1  # Flannel is the same everywhere.


@pytest.mark.parametrize("wrong", MODES, ids=",".join)
def test_cilium_gets_values_for_what_is_wrong_and_nothing_else(wrong: tuple[str, ...]) -> None:
    """The values are YAML with one entry for each setting, and the runbook uses the file."""
    files = by_path(cilium.files("kube-system", wrong))
    assert len(yaml.safe_load(files["cilium-values.yaml"])) == len(wrong)
    check(files["RUNBOOK.md"])
    assert "-f cilium-values.yaml" in files["RUNBOOK.md"]
    assert ("--verdict AUDIT" in files["RUNBOOK.md"]) == ("policy-audit-mode" in wrong)
