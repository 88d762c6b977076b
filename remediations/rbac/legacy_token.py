"""No token of a service account lies in a Secret, where it never ends.

Bad: a Secret of type `kubernetes.io/service-account-token`. Secrets are read as metadata only, so
it is told by the annotation `kubernetes.io/service-account.name`, which the API server demands of
this type and of no other. OpenShift puts it on the registry logins of its accounts, too; those
carry `openshift.io/token-secret.name` beside it, and are left out.

The label `kubernetes.io/legacy-token-last-used` holds the day of the last use (Kubernetes 1.28),
`kubernetes.io/legacy-token-invalid-since` that the server refuses it. A token that was used within
30 days, or that a pod mounts, is not deleted before its users have another one.

Source: CIS Kubernetes 3.1.2; KEP-2799; kubernetes.io, Managing Service Accounts.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

from k8sharden.analysis.system import is_system_namespace
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.change import Change, ChangeKind, Delete, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.pods import PodSpec, visit_containers
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import workloads_in

RECENT = timedelta(days=30)

_ACCOUNT = "kubernetes.io/service-account.name"
_OPENSHIFT = "openshift.io/token-secret.name"
_LAST_USED = "kubernetes.io/legacy-token-last-used"
_INVALID = "kubernetes.io/legacy-token-invalid-since"
_OUTSIDE = "Needs testing: who keeps a copy of the token outside the cluster gets a 401 at once."


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each Secret that holds such a token."""
    for secret in sorted(_tokens(inventory), key=lambda each: (each.namespace, each.name)):
        labels = secret.metadata.label
        yield Finding(
            ITEM.id,
            Area.RBAC,
            ITEM.severity,
            Status.FAIL,
            kinds.SECRETS.ref(secret.namespace, secret.name),
            f"It holds a token of a service account that never ends. {_said_of_use(secret)}",
            path="type",
            evidence={"last-used": labels.get(_LAST_USED), "invalid-since": labels.get(_INVALID)},
            system=is_system_namespace(secret.namespace),
        )


def _tokens(inventory: Inventory) -> Iterator[o.Object]:
    for secret in inventory.of(kinds.SECRETS, o.Object):
        keys = secret.metadata.annotation
        if _ACCOUNT in keys and _OPENSHIFT not in keys:
            yield secret


def _said_of_use(secret: o.Object) -> str:
    labels = secret.metadata.label
    if _INVALID in labels:
        return f"The server refuses it since {one_line(labels[_INVALID], 40)}."
    if _LAST_USED in labels:
        return f"It was last used on {one_line(labels[_LAST_USED], 40)}."
    return "The server has written down no use of it."


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Delete the Secret, unless somebody seems to use its token."""
    ref = finding.resource
    secret = next((each for each in _tokens(inventory) if _is_called(each, ref)), None)
    if secret is None:
        return NoChange("The Secret is gone or holds no token by now: scan again.")
    if _is_recent(secret, inventory.scanned_at):
        return NoChange(
            f"{_said_of_use(secret)} Find its user in the audit log, give it a token that ends "
            "(`kubectl create token`, or a projected volume), and scan again 30 days later."
        )
    users = list(_mounting(ref, inventory))
    if users:
        return NoChange(
            f"{users[0]} takes its token from this Secret: give its pods the token of their "
            "service account instead, then scan again."
        )
    return Change(
        ChangeKind.DELETE,
        f"Delete {ref.label}",
        Risk.ACCESS,
        (Delete(ref),),
        warnings=(
            f"{_OUTSIDE} {_said_of_use(secret)} Only servers from 1.28 on write a use down.",
            *_unread(ref.namespace, inventory),
        ),
        rests_on=kinds.listings(kinds.WORKLOADS, ref.namespace),
    )


def _unread(namespace: str, inventory: Inventory) -> Iterator[str]:
    dark = [each.key for each in kinds.WORKLOADS if not inventory.entry(each).covers(namespace)]
    if dark:
        yield (
            f"Needs testing: one of the {', '.join(dark)} of {namespace} may mount it, and these "
            "could not be read."
        )


def _is_called(secret: o.Object, ref: Ref) -> bool:
    return (secret.namespace, secret.name) == (ref.namespace, ref.name)


def _is_recent(secret: o.Object, now: float) -> bool:
    """Whether the token was used within 30 days, or on a day that nobody can read."""
    labels = secret.metadata.label
    if _INVALID in labels or _LAST_USED not in labels:
        return False
    try:
        last = date.fromisoformat(labels[_LAST_USED])
    except ValueError:
        return True
    return datetime.fromtimestamp(now, UTC).date() - last <= RECENT


def _mounting(ref: Ref, inventory: Inventory) -> Iterator[str]:
    """Yield the workloads whose pods read the Secret, as a volume or in their environment."""
    for workload in workloads_in(ref.namespace, inventory):
        if ref.name in _secrets(workload.spec):
            yield workload.ref.label


def _secrets(spec: PodSpec) -> Iterator[object]:
    for volume in spec.volumes:
        yield (volume.sources.get("secret") or {}).get("secretName")
        projected: Iterable[object] = (volume.sources.get("projected") or {}).get("sources") or ()
        for source in projected:
            secret = source.get("secret") if isinstance(source, dict) else None
            yield secret.get("name") if isinstance(secret, dict) else None
    for seen in visit_containers(spec):
        for variable in seen.container.env or ():
            source = variable.value_from
            yield (source.secret_key_ref or {}).get("name") if source else None


ITEM = Item(
    id="rbac-legacy-token",
    title="No token that never ends lies in a Secret",
    area=Area.RBAC,
    severity=Severity.MEDIUM,
    kind=ChangeKind.DELETE,
    scope=Scope.EACH,
    needs=(kinds.SECRETS,),
    references=(
        Reference("CIS Kubernetes 3.1.2"),
        Reference("MITRE ATT&CK T1528", "https://attack.mitre.org/techniques/T1528/"),
        Reference(
            "KEP-2799",
            "https://github.com/kubernetes/enhancements/tree/master/keps/sig-auth/"
            "2799-reduction-of-secret-based-service-account-token",
        ),
    ),
    lesson=Lesson(
        what=(
            "A Secret of type kubernetes.io/service-account-token holds a token that works until "
            "the Secret or its account is deleted. Until 1.24 every account got one; today only "
            "who asks for it does. This check finds them by their annotation, without reading "
            "their values, and shows the day of the last use where the server wrote one down."
        ),
        why=(
            "Pods have tokens of their own now, which end within the hour and with the pod. One "
            "in a Secret is bound to nothing: it is copied into a pipeline's settings, a laptop, "
            "a wiki, and is worth the same years later. Whoever may read Secrets of the namespace "
            "becomes the account, and whoever once could still is."
        ),
        attack=(
            "Secret ci/pipeline-token was made for the first build server, which is long gone. "
            "Its disk was sold with the token on it. Mallory bought it: she finds the token in a "
            "backup of its settings, points kubectl at Kestrel's API server, and is the account "
            "that deploys everything. The token is four years old and has no end."
        ),
        fix=(
            "The Secret is deleted, and its token is refused from that moment on. It is not "
            "proposed for tokens that were used within 30 days or that a pod reads: their users "
            "get one that ends first, from a projected volume or by `kubectl create token`. Undo "
            "brings the Secret back with the same token, which then works again."
        ),
        breaks=(
            "Whatever logs in from outside with a copy: a build server, a dashboard, another "
            "cluster's monitoring, a Vault that asks the API server about logins. It gets a 401 "
            "at once. A server before 1.28 writes no use down, so its silence proves nothing: "
            "search the audit log for the account."
        ),
        verify=(
            "`kubectl get secrets -A --field-selector type=kubernetes.io/service-account-token` "
            "lists nothing outside the cluster's own namespaces. A request with the old token is "
            "answered 401. The metric serviceaccount_legacy_tokens_total of the API server stops "
            "counting up."
        ),
        reading=(
            Reference(
                "Kubernetes: Managing service accounts",
                "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
