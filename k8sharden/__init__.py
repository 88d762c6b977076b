"""k8sharden: take a Kubernetes cluster from defaults to hardened, one reviewed change at a time."""

__version__ = "0.1.0"
