"""What the runbooks that let policies be enforced share: what to look at, and the proof.

Source: kubernetes.io, Network Policies; the test image agnhost of the Kubernetes project.
"""

from k8sharden.analysis.runbooks.markdown import shell

_IMAGE = "registry.k8s.io/e2e-test-images/agnhost:2.53"
_CLIENT = f"--rm -i --restart=Never --image={_IMAGE}"
_DENY = (
    '{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "deny"}, '
    '"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}'
)
LOOK = (
    "List what begins to hold. Policies that were never enforced were never tested, and may cut "
    "what works today: `k8sharden reach` shows what they allow. Take away or mend those that would "
    "cut too much, and warn whoever wrote them." + shell("kubectl get networkpolicies -A")
)
PROBE = (
    "Two short-lived pods prove it: the first connection must work, and the second, once the "
    "policy is there, must time out."
    + shell(
        "kubectl create namespace policy-probe",
        f"kubectl -n policy-probe run server --image={_IMAGE} -- netexec --http-port=8080",
        "kubectl -n policy-probe wait --for=condition=Ready pod/server",
        "ADDRESS=$(kubectl -n policy-probe get pod server -o jsonpath='{.status.podIP}')",
        f"kubectl -n policy-probe run before {_CLIENT} -- connect $ADDRESS:8080 --timeout=5s",
        f"echo '{_DENY}' | kubectl -n policy-probe apply -f -",
        f"kubectl -n policy-probe run after {_CLIENT} -- connect $ADDRESS:8080 --timeout=5s",
        "kubectl delete namespace policy-probe",
    )
    + "\n\nThen scan again."
)
WRONG = (
    (
        "Something stops working the moment policies hold",
        (
            "Find the policy that selects the pod (`k8sharden reach`), add the missing rule to "
            "it, or take that one policy away until somebody has: not the engine."
        ),
    ),
    (
        "The probe still connects",
        "Connections that are open already may live on: try with new pods, and on other nodes.",
    ),
    (
        "New pods stay in ContainerCreating",
        "The plug-in is not ready on that node: look at its DaemonSet's pods and their logs first.",
    ),
)
