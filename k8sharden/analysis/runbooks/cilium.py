"""How Cilium comes to enforce what it was set not to.

Source: Cilium 1.20, Helm reference (policyEnforcementMode, policyAuditMode, k8sNetworkPolicy) and
"Creating policies from verdicts". The settings become the ConfigMap `cilium-config`.
"""

from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.analysis.runbooks.policy_probe import LOOK, PROBE, WRONG
from k8sharden.model.change import File


def files(namespace: str, wrong: tuple[str, ...]) -> tuple[File, ...]:
    """Return the values and the runbook that make Cilium enforce again."""
    values = "".join(_VALUES[key] for key in wrong)
    head = "# Helm values for Cilium: only what keeps policies from being enforced today.\n"
    runbook = Runbook(
        "Let Cilium enforce policies",
        f"Cilium runs on the nodes and is set not to enforce: {', '.join(wrong)}. Its agents "
        "read their settings when they start.",
        (
            LOOK + _AUDIT * ("policy-audit-mode" in wrong),
            "With Helm, at the version that runs, since an upgrade is another change:"
            + shell(
                f"helm -n {namespace} list --filter '^cilium$'",
                f"helm -n {namespace} upgrade cilium cilium/cilium --version VERSION "
                "--reuse-values -f cilium-values.yaml",
            )
            + "\n\n   Where a provider runs Cilium (GKE, AKS), its settings are the provider's: "
            "ask there. Where an operator or GitOps installs it, put the values there.",
            "Restart the agents, and wait until each is ready. Pods keep their connections:"
            + shell(
                f"kubectl -n {namespace} rollout restart daemonset/cilium",
                f"kubectl -n {namespace} rollout status daemonset/cilium",
            ),
            "Look for endpoints that are in audit mode on their own, which the API does not show:"
            + shell(
                f"kubectl -n {namespace} exec ds/cilium -c cilium-agent -- "
                "cilium-dbg endpoint list | grep -i audit"
            ),
        ),
        PROBE,
        "The same upgrade with the values as they were (`helm get values cilium`), then restart "
        "the agents.",
        WRONG,
    )
    return File("cilium-values.yaml", head + values), runbook.file()


_VALUES = {
    "enable-policy": "policyEnforcementMode: default\n",
    "policy-audit-mode": "policyAuditMode: false\n",
    "enable-k8s-networkpolicy": "k8sNetworkPolicy:\n  enabled: true\n",
}
_AUDIT = (
    "\n\n   Audit mode has noted what would have been dropped. Read that first, of busy hours "
    "too:" + shell("hubble observe flows --type policy-verdict --verdict AUDIT --last 1000")
)
