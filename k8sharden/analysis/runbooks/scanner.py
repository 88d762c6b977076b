"""Trivy Operator with settings that give it no more than it needs: values, namespace, runbook.

Source: trivy-operator, deploy/helm/values.yaml; CVE-2026-33634, after which tags of Trivy are not
to be trusted without a digest.
"""

from typing import Any

from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model.change import File
from k8sharden.model.render import render

CHART = "0.34.0"
_TRIVY = "0.72.0"
_NAMESPACE = "trivy-system"
_MANIFEST = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": _NAMESPACE,
        "labels": {
            "pod-security.kubernetes.io/enforce": "baseline",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/warn": "restricted",
        },
    },
}


def _values(excluded: tuple[str, ...]) -> dict[str, Any]:
    return {
        "targetNamespaces": "",
        "excludeNamespaces": ",".join(excluded),
        "operator": {
            # By default it may read and write every Secret of the cluster.
            "accessGlobalSecretsAndServiceAccount": False,
            "vulnerabilityScannerEnabled": True,
            "scannerReportTTL": "24h",
            "scanJobsConcurrentLimit": 3,
            "configAuditScannerEnabled": False,
            "rbacAssessmentScannerEnabled": False,
            # It needs privileged pods on every node.
            "infraAssessmentScannerEnabled": False,
            "clusterComplianceEnabled": False,
            "exposedSecretScannerEnabled": False,
        },
        "trivyOperator": {"scanJobsInSameNamespace": False},
        "trivy": {"image": {"tag": _TRIVY}, "ignoreUnfixed": False},
    }


def files(excluded: tuple[str, ...]) -> tuple[File, ...]:
    """Return the files; ``excluded`` are the namespaces that are not scanned."""
    values = File("trivy-operator-values.yaml", render(_values(excluded)))
    return (values, File("namespace.yaml", render(_MANIFEST)), _runbook().file())


def _runbook() -> Runbook:
    chart = f"trivy-operator --version {CHART}"
    return Runbook(
        "Scan every image that runs",
        (
            "Trivy Operator looks at the images of each workload, and again once a day, and writes "
            "what it finds into VulnerabilityReports. The values switch off everything else that "
            "it could do, and its right to read every Secret."
        ),
        (
            (
                "See whether the versions are still the newest: "
                f"the chart was {CHART} and Trivy {_TRIVY} when this was written. Versions 0.69.4 "
                "of Trivy and tags of its action were replaced by an attacker in March 2026, so "
                "take none that you cannot name a digest for."
                + shell(
                    "helm repo add aqua https://aquasecurity.github.io/helm-charts/",
                    "helm repo update aqua && helm search repo aqua/trivy-operator",
                    f"docker buildx imagetools inspect mirror.gcr.io/aquasec/trivy:{_TRIVY}",
                )
            ),
            (
                "If the operator is installed already, compare your values with these before you "
                "overwrite them." + shell("helm get values trivy-operator -n NAMESPACE")
            ),
            (
                "Make the namespace and install the chart. With GitOps, commit the two files "
                "instead."
                + shell(
                    "kubectl apply -f namespace.yaml",
                    f"helm upgrade --install trivy-operator aqua/{chart} \\",
                    f"  -n {_NAMESPACE} -f trivy-operator-values.yaml",
                )
            ),
            (
                "For private registries give the operator one pull Secret of its own and name it "
                "in `operator.privateRegistryScanSecretsNames`, instead of all Secrets of the "
                "cluster."
            ),
        ),
        (
            "After some minutes every namespace has reports:"
            + shell("kubectl get vulnerabilityreports -A")
            + "\n\nScan again with k8sharden: `img-scan-gap` passes, and `img-cve-critical` says "
            "what was found."
        ),
        (
            f"`helm uninstall trivy-operator -n {_NAMESPACE}`, then delete its custom resource "
            "definitions if no report is needed any more."
        ),
        (
            (
                "Reports of some workloads never come",
                (
                    f"`kubectl -n {_NAMESPACE} logs deploy/trivy-operator` names the image: mostly "
                    "a private registry that it may not pull from."
                ),
            ),
            (
                "Scan jobs fail with *too many requests*",
                "Lower `operator.scanJobsConcurrentLimit`, or use a mirror of the database.",
            ),
            (
                "Scan jobs fail for want of memory",
                "Raise `trivy.resources.limits.memory`: large images take up to two gigabytes.",
            ),
        ),
    )
