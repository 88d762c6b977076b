"""The artefacts: complete for each distribution, consistent, and without a key."""

import re

import pytest
import yaml

from k8sharden.analysis.runbooks import audit, encryption
from k8sharden.analysis.runbooks.static_pod import PATCH
from k8sharden.model.change import File

DISTRIBUTIONS = ("kubeadm", "kind", "unknown", "k3s", "RKE2", "EKS", "GKE", "AKS")
SUBJECTS = {"encryption": encryption.files, "audit": audit.files}
SECTIONS = ("Steps", "Verify", "Roll back", "What can go wrong")

everywhere = pytest.mark.parametrize("distribution", DISTRIBUTIONS)
both = pytest.mark.parametrize("subject", SUBJECTS)


def by_path(files: tuple[File, ...]) -> dict[str, str]:
    """Return the texts by path."""
    return {file.path: file.text for file in files}


@both
@everywhere
def test_every_distribution_gets_a_complete_runbook(subject: str, distribution: str) -> None:
    """Steps in order, how to see that it worked, the way back, and what can go wrong."""
    text = by_path(SUBJECTS[subject](distribution))["RUNBOOK.md"]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(SECTIONS)
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 3
    assert text.count("```") % 2 == 0


@both
@everywhere
def test_every_row_of_its_table_has_two_cells(subject: str, distribution: str) -> None:
    """A pipe in a command would end the cell, and the rest of the command be lost."""
    text = by_path(SUBJECTS[subject](distribution))["RUNBOOK.md"]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 3
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}


@both
@everywhere
def test_every_other_file_is_yaml_and_said_where_it_goes(subject: str, distribution: str) -> None:
    """A file that is found alone says what it is for; the runbook names each."""
    files = by_path(SUBJECTS[subject](distribution))
    runbook = files.pop("RUNBOOK.md")
    for path, text in files.items():
        assert text.startswith("#")
        assert yaml.safe_load(text)
        assert path in runbook


@both
@everywhere
def test_no_policy_is_ever_applied_as_an_object(subject: str, distribution: str) -> None:
    """An audit Policy and an EncryptionConfiguration are files: the API would refuse them."""
    for file in SUBJECTS[subject](distribution):
        assert "kubectl apply" not in file.text


@everywhere
def test_no_file_holds_a_key(distribution: str) -> None:
    """A key in a repository is a key for everybody: what looks like one is the placeholder."""
    for file in encryption.files(distribution):
        assert not re.search(r"[A-Za-z0-9+/]{43}=", file.text)


@both
def test_the_patch_and_kubeadms_configuration_say_the_same(subject: str) -> None:
    """An upgrade by kubeadm must not lose what the patch did."""
    files = by_path(SUBJECTS[subject]("kubeadm"))
    patched = [each["value"] for each in yaml.safe_load(files[PATCH])]
    config = yaml.safe_load(files["kubeadm-config.yaml"])["apiServer"]
    flags = [f"--{each['name']}={each['value']}" for each in config["extraArgs"]]
    assert [each for each in patched if isinstance(each, str)] == flags
    mounted = {each["mountPath"] for each in patched if "mountPath" in each}
    assert mounted == {each["mountPath"] for each in config["extraVolumes"]}
    for flag in config["extraArgs"]:
        if str(flag["value"]).startswith("/"):
            assert any(flag["value"].startswith(path) for path in mounted)


def test_the_audit_policy_never_records_what_is_in_secrets() -> None:
    """Whole requests for Secrets or ConfigMaps would copy every password into the log."""
    rules = yaml.safe_load(audit.POLICY)["rules"]
    first = {
        resource: rule["level"]
        for rule in reversed(rules)
        for group in rule.get("resources", [])
        for resource in group.get("resources", [])
        if resource in ("secrets", "configmaps", "tokenreviews", "serviceaccounts/token")
    }
    assert set(first.values()) == {"Metadata"}
    assert len(first) == 4
    assert rules[-1] == {"level": "Metadata"}


@pytest.mark.parametrize("distribution", ["EKS", "GKE", "AKS"])
def test_providers_have_a_command_to_ask(distribution: str) -> None:
    """What cannot be seen has to be asked; elsewhere there is nobody to ask."""
    assert encryption.ask(distribution)
    assert audit.ask(distribution)
    assert encryption.ask("kubeadm") == audit.ask("unknown") == ""
