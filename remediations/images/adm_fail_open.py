"""Admission policies for images do not let everything through while they cannot be asked.

Field: `failurePolicy` of a policy about images, or of an engine's webhook that is asked about pods.
Bad: `Ignore`. Bad as well: a namespace selector by which at least half of the namespaces where
people run something are exempt. Kyverno's own webhook configurations are left out: it writes them
from its policies, which are looked at instead.

Source: kubernetes.io, Dynamic Admission Control and Validating Admission Policy; Gatekeeper,
"Failing Closed"; Kyverno, "Failure policy".
"""

from collections.abc import Iterator, Mapping
from typing import Any

from k8sharden.analysis import guards, webhooks
from k8sharden.analysis.selectors import chooses
from k8sharden.analysis.system import is_system_namespace
from k8sharden.analysis.webhooks import PolicyWebhook, policy_webhooks, ready_pods
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Named, NoChange, Patch, Path, Risk, SetField
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.ref import Ref
from k8sharden.model.text import one_line
from k8sharden.model.workloads import workloads

_IGNORE = "Ignore"
_FIELD: Path = ("spec", "failurePolicy")
_NOT = ("NotIn", "DoesNotExist")
_ENOUGH = 2
_EXEMPT = "exempt"
_SHOWN = 5


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for each policy and webhook that fails open or exempts half the cluster."""
    seen: set[Ref] = set()
    for guard in guards.guards(inventory):
        if guard.fails_open and guard.policy not in seen:
            seen.add(guard.policy)
            yield _open(guard.policy, "spec.failurePolicy", "", str(guard.engine))
        yield from _exempting(guard.ref, guard.selector, "", inventory)
    for hook in _hooks(inventory):
        if hook.webhook.failure_policy == _IGNORE:
            field = f"webhooks[{hook.webhook.name}].failurePolicy"
            yield _open(hook.ref, field, hook.webhook.name, hook.engine)
        selector = hook.webhook.namespace_selector
        yield from _exempting(hook.ref, selector, hook.webhook.name, inventory)


def _hooks(inventory: Inventory) -> Iterator[PolicyWebhook]:
    return (
        each for each in policy_webhooks(inventory) if each.engine != str(guards.Engine.KYVERNO)
    )


def _open(ref: Ref, field: str, locus: str, engine: str) -> Finding:
    return Finding(
        ITEM.id,
        Area.IMAGES,
        Severity.MEDIUM,
        Status.FAIL,
        ref,
        f"It lets every pod through while {engine} cannot evaluate it: its failurePolicy "
        "is Ignore.",
        path=field,
        locus=locus,
        evidence={"failurePolicy": _IGNORE, "engine": engine},
    )


def _exempting(
    ref: Ref, selector: Mapping[str, Any] | None, locus: str, inventory: Inventory
) -> Iterator[Finding]:
    """Yield a finding where a selector leaves out at least half of the namespaces in use."""
    labels = {each.name: each.metadata.label for each in inventory.namespaces}
    used = sorted({each.namespace for each in workloads(inventory)} & set(labels))
    theirs = [name for name in used if not is_system_namespace(name)]
    left_out = _exemptions(selector or {})
    exempt = [name for name in theirs if not chooses(left_out, labels[name])]
    if exempt and 2 * len(exempt) >= len(theirs):
        shown = one_line(", ".join(exempt[:_SHOWN]), 300) + ", …" * (len(exempt) > _SHOWN)
        yield Finding(
            ITEM.id,
            Area.IMAGES,
            Severity.MEDIUM,
            Status.FAIL,
            ref,
            f"It is not for {len(exempt)} of the {len(theirs)} namespaces where people "
            f"run something: {shown}.",
            path="namespaceSelector",
            locus=f"{_EXEMPT} {locus}".strip(),
            evidence={"exempt": exempt},
        )


def _exemptions(selector: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a selector leaves out: one that names whom it is for exempts nobody."""
    found = selector.get("matchExpressions") or ()
    return {"matchExpressions": [each for each in found if each.get("operator") in _NOT]}


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Let the policy fail closed, where somebody is there to answer."""
    if finding.locus.startswith(_EXEMPT):
        return NoChange(
            "Which namespaces a policy is for is decided by whoever wrote it: take the exemptions "
            "out one by one, with the policy auditing, once their images pass."
        )
    ref = finding.resource
    hook = next((each for each in _hooks(inventory) if _is(each, finding)), None)
    if hook is None:
        known = any(each.policy == ref and each.fails_open for each in guards.guards(inventory))
        return _closed(ref, _FIELD, {}) if known else NoChange("It is gone by now: scan again.")
    if inventory.source.distribution == "aks":
        return NoChange(
            "Azure Policy's add-on keeps this webhook as it is: a change would be put back. Rely "
            "on a ValidatingAdmissionPolicy for what must not slip through."
        )
    return _behind_pods(hook, inventory)


def _is(hook: PolicyWebhook, finding: Finding) -> bool:
    return (hook.ref, hook.webhook.name) == (finding.resource, finding.locus)


def _behind_pods(hook: PolicyWebhook, inventory: Inventory) -> Change | NoChange:
    """Close a webhook that at least two pods answer for."""
    service = hook.webhook.client_config.service
    if service is None:
        return NoChange(
            "It is reached at a URL outside of what was read: see that it is always there, then "
            "set failurePolicy to Fail."
        )
    ready = ready_pods(service, inventory)
    if ready < _ENOUGH:
        return NoChange(
            f"{ready or 'No'} ready pod{'s' * (ready != 1)} of Service "
            f"{one_line(service.namespace, 70)}/{one_line(service.name, 70)} would stand between "
            "the cluster and every new pod: run three replicas first."
        )
    path: Path = ("webhooks", Named("name", hook.webhook.name), "failurePolicy")
    own = {service.namespace, "kube-system"}
    labels = {each.name: each.metadata.label for each in inventory.namespaces}
    asked = sorted(
        name for name in own & set(labels) if chooses(hook.webhook.namespace_selector, labels[name])
    )
    return _closed(hook.ref, path, {"ready pods": f"at least {_ENOUGH}"}, service.namespace, asked)


def _closed(
    ref: Ref, path: Path, basis: dict[str, Any], namespace: str = "", asked: list[str] | None = None
) -> Change:
    warnings = ["While it cannot be evaluated or does not answer, no pod that it is for can start."]
    if asked:
        warnings.append(
            f"Needs testing: it is asked about pods of {' and '.join(asked)} too. After all nodes "
            "were down nobody could answer for it, and these could not start: exempt them first."
        )
    rests_on = kinds.listings((kinds.PODS, kinds.SERVICES), namespace) if namespace else ()
    return Change(
        ChangeKind.PATCH,
        f"Fail closed in {ref.label}",
        Risk.TRAFFIC,
        (Patch(ref, (SetField(path, "Fail"),)),),
        basis=basis,
        rests_on=rests_on,
        warnings=tuple(warnings),
    )


_ADMISSION = (
    "https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/"
)

ITEM = Item(
    id="img-adm-fail-open",
    title="Admission policies for images fail closed",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.PATCH,
    scope=Scope.CLUSTER,
    needs=(kinds.NAMESPACES, kinds.PODS, *guards.NEEDS, *webhooks.NEEDS),
    references=(
        Reference("CIS Kubernetes 5.5.1"),
        Reference("Kubernetes: failure policy of webhooks", f"{_ADMISSION}#failure-policy"),
        Reference(
            "Gatekeeper: failing closed",
            "https://open-policy-agent.github.io/gatekeeper/website/docs/failing-closed/",
        ),
    ),
    lesson=Lesson(
        what=(
            "A policy says with failurePolicy what counts while it cannot be asked: its expression "
            "breaks, or the webhook does not answer in time. Fail refuses the pod, Ignore lets it "
            "in unseen. A namespace selector says where the policy is asked at all. This item "
            "lists policies for images, and webhooks of policy engines, that ignore failures or "
            "leave out at least half of the namespaces in use."
        ),
        why=(
            "A guard who steps aside when pushed guards nothing. With Ignore the rule holds on "
            "good days: an engine that was evicted, starved or scaled to zero lets in what it "
            "exists to refuse, and nothing is reported, since nobody looked. The same goes for a "
            "list of exemptions that has grown with each complaint, until what matters runs in "
            "exempt namespaces."
        ),
        attack=(
            "In namespace office the policy name-a-version looks at images and ignores failures. "
            "With the credentials of Sam, who may create pods there, Mallory writes one on which "
            "the expression breaks: the failure is ignored, and the pod starts next to Deployment "
            "office/wiki. Against a webhook she would fill the node until the engine's only pod is "
            "evicted, and deploy in that minute."
        ),
        fix=(
            "failurePolicy becomes Fail, on the policy or on the webhook. For a webhook this is "
            "offered only where at least two ready pods stand behind its Service. Kyverno's "
            "policies are changed, not the webhooks that Kyverno makes of them. Exemptions are "
            "shown and left to you: each was asked for by somebody. Nothing restarts."
        ),
        breaks=(
            "While the engine is down, new pods are refused, those that replace failed ones too. "
            "The engine's own namespace and kube-system have to be exempt, or a cluster that was "
            "switched off cannot start again. Run three replicas on different nodes, with a "
            "disruption budget and a short timeout, before you close it. A native policy needs no "
            "pods and fails only when its expression does."
        ),
        verify=(
            "`kubectl get validatingadmissionpolicies,validatingwebhookconfigurations -o yaml` "
            "shows failurePolicy: Fail. In a test cluster, scale the engine to zero and create a "
            "pod with `kubectl run probe --image=busybox --dry-run=server`: it must be refused "
            "with 'failed calling webhook'. Watch the metric "
            "apiserver_admission_webhook_fail_open_count: it stays where it is."
        ),
        reading=(
            Reference("Kubernetes: dynamic admission control", _ADMISSION),
            Reference(
                "Kubernetes: good practices for admission webhooks",
                "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
            ),
            Reference(
                "Gatekeeper: failing closed",
                "https://open-policy-agent.github.io/gatekeeper/website/docs/failing-closed/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
)
