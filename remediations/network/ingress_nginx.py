"""Nothing depends on ingress-nginx, whose project has ended.

Bad: a workload that runs its controller; an IngressClass of `k8s.io/ingress-nginx` whose controller
was not found here; an Ingress of such a class that writes into nginx's configuration by annotations
(`nginx.ingress.kubernetes.io/…-snippet`).
Good: any other controller. NGINX's own, `nginx.org/ingress-controller`, is another program.

Source: kubernetes.io blog of 2025-11-11, Ingress NGINX Retirement: no fixes after March 2026;
CVE-2025-1974; CVE-2021-25742.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from k8sharden.analysis.network import ingress_nginx as nginx
from k8sharden.analysis.runbooks import ingress_nginx as runbook
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import network as n
from k8sharden.model.change import Change, ChangeKind, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref

_ENDED = "has had no fixes since 2026-03-24, when its project ended"


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each controller, class without one, and Ingress with snippets."""
    running = nginx.controllers(inventory)
    served = nginx.served(inventory)
    for workload in running:
        said = f"It runs ingress-nginx, which {_ENDED}. {_behind(served)}"
        evidence = {"image": nginx.image_of(workload), "ingresses": [_name(e) for e in served]}
        yield _finding(workload.ref, Severity.HIGH, said, evidence)
    for each in nginx.classes(inventory) if not running else ():
        said = (
            f"Its controller is ingress-nginx, which {_ENDED}. None was found here, so it is one "
            "step milder."
        )
        ref = kinds.INGRESS_CLASSES.ref("", each.name)
        evidence = {"controller": nginx.CONTROLLER, "ingresses": [_name(e) for e in served]}
        yield _finding(ref, Severity.MEDIUM, said, evidence, "spec.controller")
    for ingress in served:
        if found := nginx.snippets(ingress):
            yield _snippets(ingress, list(found))


def _behind(served: Sequence[n.Ingress]) -> str:
    if len(served) == 1:
        return "One Ingress goes through it."
    return f"{len(served) or 'No'} Ingresses go through it."


def _snippets(ingress: n.Ingress, found: list[str]) -> Finding:
    names = ", ".join(each.removeprefix(nginx.PREFIX) for each in found)
    said = (
        f"It writes into the configuration of nginx ({names}): whoever may change it reads what "
        "the controller may read. No other controller understands it."
    )
    ref = kinds.INGRESSES.ref(ingress.namespace, ingress.name)
    return _finding(ref, Severity.HIGH, said, {"annotations": found}, "metadata.annotations")


def _finding(
    ref: Ref, severity: Severity, said: str, evidence: dict[str, Any], path: str = ""
) -> Finding:
    system = is_system_namespace(ref.namespace)
    return Finding(
        ITEM.id, Area.NETWORK, severity, Status.FAIL, ref, said, path, "", evidence, system
    )


def _name(item: n.Ingress) -> str:
    return f"{item.namespace}/{item.name}"


def remediate(
    finding: Finding,  # noqa: ARG001 - one answer for all of them
    inventory: Inventory,
) -> Change | NoChange:
    """Export how to move, with routes to start from: one set for all that depends on it."""
    served = nginx.served(inventory)
    running = nginx.controllers(inventory)
    if not served and not running and not nginx.classes(inventory):
        return NoChange("Nothing of ingress-nginx is left: scan again.")
    homes = [each.namespace for each in running if not is_system_namespace(each.namespace)]
    home = homes[0] if homes else "gateway"
    return Change(
        ChangeKind.ARTEFACT,
        "Move from ingress-nginx to the Gateway API",
        Risk.TRAFFIC,
        files=runbook.files(home, served, inventory),
        basis={"ingresses": sorted(map(_name, served))},
        warnings=(
            (
                "Needs testing: annotations of nginx mean nothing to another controller. What each "
                "Ingress uses stands in the runbook."
            ),
        ),
    )


_BLOG = "https://kubernetes.io/blog/2025/11/11/ingress-nginx-retirement/"
_MIGRATE = "https://gateway-api.sigs.k8s.io/guides/getting-started/migrating-from-ingress/"

ITEM = Item(
    id="net-ingress-nginx",
    title="Nothing depends on ingress-nginx",
    area=Area.NETWORK,
    severity=Severity.HIGH,
    kind=ChangeKind.ARTEFACT,
    scope=Scope.EACH,
    needs=(*kinds.WORKLOADS, kinds.INGRESS_CLASSES, kinds.INGRESSES),
    references=(
        Reference("Kubernetes blog: Ingress NGINX retirement", _BLOG),
        Reference("CVE-2025-1974, CVE-2021-25742"),
    ),
    lesson=Lesson(
        what=(
            "ingress-nginx was the controller that most clusters took for their Ingresses. Its "
            "last maintainers stopped in March 2026: there are no releases, and no fixes for holes "
            "that are found from now on. It goes on running as before. NGINX the company has a "
            "controller of its own, which lives on."
        ),
        why=(
            "It stands where the internet comes in, and may read the certificates of every "
            "namespace. In 2025 a bug in its admission webhook gave whoever reached it control of "
            "the cluster. The next one of that kind will have no patch. Snippet annotations are a "
            "way in of their own: they let an Ingress write code for the proxy."
        ),
        attack=(
            "Deployment legacy/ingress-nginx came with the bookshop that Kestrel bought, and one "
            "old address still goes through it. Mallory reads of a new bug in a forum, and that "
            "nobody will mend it. A request later she runs code in its pod, and with its token she "
            "lists the routes of all namespaces."
        ),
        fix=(
            "No object is changed. You get a Gateway and a route for each Ingress, made from its "
            "hosts and paths, and a runbook: install another controller beside this one, test each "
            "host against its address, move the name, and take the old one away last. Annotations "
            "are listed for each Ingress, since no tool can translate all of them."
        ),
        breaks=(
            "Both run side by side, so that nothing stops until a name moves. After that, whatever "
            "an annotation did is gone unless it was rebuilt: redirects, limits on the size of "
            "uploads, logins by a header, timeouts. Paths with regular expressions match otherwise "
            "elsewhere. Clients keep the old address until their DNS entry expires."
        ),
        verify=(
            "`kubectl get ingressclass` shows no k8s.io/ingress-nginx, and `kubectl get pods -A -l "
            "app.kubernetes.io/name=ingress-nginx` no pod. Before that, ask each host at the new "
            "address by hand: `curl --resolve HOST:443:ADDRESS https://HOST/` answers as the old "
            "one did."
        ),
        reading=(
            Reference("Kubernetes blog: Ingress NGINX retirement", _BLOG),
            Reference("Gateway API: migrating from Ingress", _MIGRATE),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
