"""The controllers, scheduler and kubelets of the training cluster, simulated.

What they do follows from the stored objects and the time alone: there is no state beside them and
no thread. So a rollout that was under way when the app was closed goes on where it would be by now.
"""

from k8sharden.cluster.simulation.controllers import Controllers
from k8sharden.cluster.simulation.images import Image, Images

__all__ = ["Controllers", "Image", "Images"]
