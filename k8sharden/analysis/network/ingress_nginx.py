"""What of a cluster depends on ingress-nginx: its controller, its class, and the Ingresses.

Source: github.com/kubernetes/ingress-nginx (images, annotations), whose project ended on
2026-03-24. NGINX's own controller is another program, and is not meant.
"""

import re
from collections.abc import Sequence

from k8sharden.analysis.images import parse_image
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import visit_containers
from k8sharden.model.workloads import Workload, workloads

CONTROLLER = "k8s.io/ingress-nginx"
PREFIX = "nginx.ingress.kubernetes.io/"
_OLD_CLASS = "kubernetes.io/ingress.class"
_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_IMAGE = re.compile(
    r"(?:^|/)(?:ingress-nginx/controller(?:-chroot)?|nginx-ingress-controller"
    r"|ingress-nginx-controller)$"
)


def controllers(inventory: Inventory) -> tuple[Workload, ...]:
    """Return the workloads that run it."""
    return tuple(each for each in workloads(inventory) if image_of(each))


def image_of(workload: Workload) -> str:
    """Return the image by which a workload is known as its controller; empty where it is none."""
    for seen in visit_containers(workload.spec):
        image = parse_image(seen.container.image)
        if image and _IMAGE.search(image.path):
            return seen.container.image
    return ""


def classes(inventory: Inventory) -> tuple[n.IngressClass, ...]:
    """Return the classes that it serves."""
    found = inventory.of(kinds.INGRESS_CLASSES, n.IngressClass)
    return tuple(each for each in found if each.spec and each.spec.controller == CONTROLLER)


def served(inventory: Inventory) -> tuple[n.Ingress, ...]:
    """Return the Ingresses that it serves, by their class, the old annotation or the default."""
    mine = classes(inventory)
    names = {each.name for each in mine}
    default = {each.name for each in mine if each.metadata.annotation.get(_DEFAULT) == "true"}
    return tuple(
        each
        for each in inventory.of(kinds.INGRESSES, n.Ingress)
        if (class_of(each) in names if class_of(each) else default)
    )


def class_of(ingress: n.Ingress) -> str:
    """Return the class that an Ingress names; empty where it takes the default one."""
    return ingress.spec.ingress_class_name or ingress.metadata.annotation.get(_OLD_CLASS, "")


def snippets(ingress: n.Ingress) -> Sequence[str]:
    """Return the annotations by which an Ingress writes into the configuration of nginx."""
    return sorted(
        key
        for key in ingress.metadata.annotation
        if key.startswith(PREFIX) and key.endswith("-snippet")
    )
