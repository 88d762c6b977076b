"""The definitions that projects install, out of their own Go modules.

Nothing of them is kept in this repository: Go fetches the modules through its proxy, checks them
against the sums of the public database, and keeps them in its own cache.
"""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.servers import binaries

_SECONDS = 300
KYVERNO = "github.com/kyverno/kyverno@v1.19.1"
GATEKEEPER = "github.com/open-policy-agent/gatekeeper/v3@v3.23.1"
CILIUM = "github.com/cilium/cilium@v1.20.2"
TRIVY_OPERATOR = "github.com/aquasecurity/trivy-operator@v0.29.0"

_FILES = {
    KYVERNO: (
        "config/crds/policies.kyverno.io/policies.kyverno.io_validatingpolicies.yaml",
        "config/crds/policies.kyverno.io/policies.kyverno.io_imagevalidatingpolicies.yaml",
        "config/crds/kyverno/kyverno.io_clusterpolicies.yaml",
        "config/crds/kyverno/kyverno.io_policies.yaml",
    ),
    GATEKEEPER: ("config/crd/bases/constrainttemplate-customresourcedefinition.yaml",),
    CILIUM: ("pkg/k8s/apis/cilium.io/client/crds/v2/ciliumnetworkpolicies.yaml",),
    TRIVY_OPERATOR: ("deploy/helm/crds/aquasecurity.github.io_vulnerabilityreports.yaml",),
}


IMAGES = (KYVERNO, GATEKEEPER, TRIVY_OPERATOR)
"""The projects that look at images."""


def definitions(modules: tuple[str, ...] = IMAGES) -> list[dict[str, Any]]:
    """Return the definitions of some projects; skips the test where they cannot be had."""
    return [
        document
        for module, names in ((module, _FILES[module]) for module in modules)
        for name in names
        for document in yaml.safe_load_all((folder(module) / name).read_text("utf-8"))
        if document
    ]


def folder(module: str) -> Path:
    """Return where a module lies; skips the test where Go or the module cannot be had."""
    found = _downloaded(module)
    if isinstance(found, str):
        pytest.skip(found)
    return found


@functools.cache
def _downloaded(module: str) -> Path | str:
    """Return where a module lies, or one clause that says why it does not."""
    if shutil.which("go") is None:
        return f"Go is not installed, which fetches {module}"
    command = ["go", "mod", "download", "-json", module]
    try:
        done = subprocess.run(
            command,
            cwd=Path(__file__).anchor,
            env=binaries._environment() | {"GOFLAGS": "-mod=mod"},
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"{module} did not come within {_SECONDS} s"
    said = json.loads(done.stdout or "{}")
    return Path(said["Dir"]) if "Dir" in said else f"{module}: {said.get('Error') or done.stderr}"
