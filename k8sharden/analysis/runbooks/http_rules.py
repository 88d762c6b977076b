"""How requests come to be limited to known paths by Cilium, without cutting any that is needed.

Source: Cilium 1.20, Layer 7 policies and policy audit mode.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from k8sharden.analysis.runbooks.markdown import Runbook, shell
from k8sharden.model.change import File

_FILE = "http-policy.yaml"


def files(label: str, policy: Mapping[str, Any]) -> tuple[File, ...]:
    """Return the policy for a workload, and the runbook that brings it in."""
    namespace = policy["metadata"]["namespace"]
    head = "# What is known of the requests: add what is missing before it is applied.\n"
    runbook = Runbook(
        f"Limit the requests that {label} takes",
        "Today the policies say who may connect, and not what may be asked. This one names the "
        "paths that routes or flows show. It comes from what was seen: rare requests are missing.",
        (
            f"Complete `{_FILE}`: paths that are asked for once a month, and the methods "
            "(`method: GET`), which nothing here tells. See what is asked for now:"
            + shell(f"hubble observe -n {namespace} --protocol http --last 1000"),
            "Put its pods into audit mode, apply the policy, and read what it would have refused:"
            + shell(
                f"kubectl apply -f {_FILE}",
                f"hubble observe -n {namespace} --type policy-verdict --verdict AUDIT",
            ),
            "Take the same ports out of the policies that allow them without HTTP rules: as long "
            "as one does, every path gets through. Keep that to a change of its own."
            + shell(f"kubectl -n {namespace} get networkpolicies,ciliumnetworkpolicies -o yaml"),
        ),
        "A path that is not listed answers 403 with `Access denied`, and a listed one as before. "
        "Then scan again.",
        "Put the ports back into the other policies first, then take this policy away: the other "
        "way round cuts everything in between.",
        (
            (
                "Requests answer 403 that should not",
                "Their path is missing: add it, or put the port back into the other policy.",
            ),
            (
                "Nothing is refused",
                (
                    "Another policy allows the port without HTTP rules, or the traffic is "
                    "encrypted: Cilium reads no paths in TLS that ends in the pod."
                ),
            ),
        ),
    )
    text = head + yaml.safe_dump(dict(policy), sort_keys=False)
    return File(_FILE, text), runbook.file()
