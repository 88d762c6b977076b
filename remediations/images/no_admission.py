"""Something at admission asks where images come from, or for their digest or signature.

Bad: no ValidatingAdmissionPolicy, no policy of Kyverno and no constraint of Gatekeeper does, so
that anything that can be named can be run. One that only reports is none of this item's business,
but of `img-adm-audit-only`. Unknown where an engine whose policies cannot be read is asked about
pods.

Source: CIS Kubernetes 5.5.1; kubernetes.io, Validating Admission Policy.
"""

from collections.abc import Iterator

from k8sharden.analysis import guards, image_policy, webhooks
from k8sharden.analysis.containers import named_workloads
from k8sharden.model import kinds
from k8sharden.model.admission import AdmissionPolicy, AdmissionPolicyBinding
from k8sharden.model.change import Change, ChangeKind, Create, NoChange, Risk
from k8sharden.model.finding import Area, Finding, Severity, Status
from k8sharden.model.inventory import Inventory
from k8sharden.model.item import Item, Lesson, Reference, Scope
from k8sharden.model.workloads import Workload

# The cluster's identity is this namespace's uid, and no policy is there to be named.
_CLUSTER = kinds.NAMESPACES.ref("", "kube-system")
_PLUGIN = "ImagePolicyWebhook"


def evaluate(inventory: Inventory) -> Iterator[Finding]:
    """Yield one finding for the cluster, unless a policy asks for the origin of images."""
    found = guards.guards(inventory)
    if any(guard.origin for guard in found):
        return
    others = tuple(_unreadable(inventory))
    status, message = Status.FAIL, _MESSAGE
    if others:
        status = Status.UNKNOWN
        message = (
            f"Cannot tell: {', '.join(others)} may ask for it, and its policies were not read."
        )
    yield Finding(
        ITEM.id,
        Area.IMAGES,
        Severity.MEDIUM,
        status,
        _CLUSTER,
        message,
        evidence={"other_policies": [guard.ref.label for guard in found]},
    )


_MESSAGE = (
    "No admission policy asks for images by digest, by registry or by signature: whoever may "
    "create pods may run any image from anywhere."
)


def _unreadable(inventory: Inventory) -> Iterator[str]:
    """Yield what is asked about pods, and does not show what it asks for."""
    asked = (each.engine for each in webhooks.policy_webhooks(inventory))
    yield from dict.fromkeys(each for each in asked if each not in webhooks.READABLE)
    plugins = inventory.control_plane.values("enable-admission-plugins")
    if any(_PLUGIN in text.split(",") for text in plugins):
        yield f"the admission plugin {_PLUGIN}"


def remediate(finding: Finding, inventory: Inventory) -> Change | NoChange:
    """Create a policy and a binding that warns and audits; the twins come as files."""
    if finding.status is Status.UNKNOWN:
        return NoChange(f"Not known to be wrong. {finding.message}")
    if any(guard.origin for guard in guards.guards(inventory)):
        return NoChange("A policy is there by now: scan again.")
    name = _free_name(inventory)
    registries = inventory.facts.allowed_registries
    exempt = image_policy.exempt_namespaces(inventory)
    manifests = (
        (kinds.ADMISSION_POLICIES, image_policy.native(name, registries)),
        (kinds.ADMISSION_POLICY_BINDINGS, image_policy.binding(name, exempt)),
    )
    failing = image_policy.failing(inventory, lambda each: each.namespace not in exempt)
    return Change(
        ChangeKind.GROUP,
        "Report images that no digest pins",
        Risk.SAFE,
        tuple(Create(kind.ref("", name), manifest) for kind, manifest in manifests),
        files=image_policy.alternatives(registries, exempt),
        basis={"exempt": exempt, "registries": registries},
        rests_on=kinds.listings((kinds.NAMESPACES, *guards.NEEDS)),
        warnings=tuple(_warnings(registries, failing)),
    )


def _free_name(inventory: Inventory) -> str:
    """Return a name that neither a policy nor a binding has."""
    policies = inventory.of(kinds.ADMISSION_POLICIES, AdmissionPolicy)
    bindings = inventory.of(kinds.ADMISSION_POLICY_BINDINGS, AdmissionPolicyBinding)
    taken = {each.name for each in (*policies, *bindings)}
    number, name = 1, image_policy.NAME
    while name in taken:
        number += 1
        name = f"{image_policy.NAME}-{number}"
    return name


def _warnings(registries: tuple[str, ...], failing: list[Workload]) -> Iterator[str]:
    yield (
        "It refuses nothing yet: it warns whoever creates such a pod, and writes it into the audit "
        "log, where one is kept. `img-adm-audit-only` makes it deny."
    )
    if failing:
        names = named_workloads(failing)
        yield f"It will report pods of {names}: pin their images before it denies."
    if not registries:
        yield "It asks for digests only: no registries are named as allowed in the settings."
    yield "Where Kyverno or Gatekeeper is run already, use its twin of the exported files instead."


ITEM = Item(
    id="img-no-admission",
    title="Admission asks where images come from",
    area=Area.IMAGES,
    severity=Severity.MEDIUM,
    kind=ChangeKind.CREATE,
    scope=Scope.CLUSTER,
    needs=(*guards.NEEDS, *webhooks.NEEDS),
    references=(
        Reference("CIS Kubernetes 5.5.1"),
        Reference(
            "Kubernetes: validating admission policy",
            "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
        ),
        Reference("MITRE ATT&CK T1525", "https://attack.mitre.org/techniques/T1525/"),
    ),
    lesson=Lesson(
        what=(
            "Before the API server stores a pod, admission policies may look at it. A "
            "ValidatingAdmissionPolicy holds expressions that must be true, a binding says where "
            "it counts and what happens otherwise: Deny, Warn or Audit. Kyverno and Gatekeeper do "
            "the same with webhooks. This item asks whether any such policy looks at where images "
            "come from, at their digest or at their signature."
        ),
        why=(
            "Pinned digests and a good registry help only while everybody uses them. Without a "
            "rule at the door, the next Deployment names whatever its author found, and the "
            "cluster pulls and runs it. One policy holds for people, pipelines and operators "
            "alike, for containers that start first and for those that are put into running pods, "
            "and it leaves a trace of each attempt."
        ),
        attack=(
            "The pipeline of Kestrel Books may create pods. With its token Mallory changes "
            "Deployment payments/checkout by one line: the image is hers, on a public registry, "
            "built from the true one with a few lines more. No rule asks where it comes from, so "
            "the nodes pull it and the page looks as ever. A policy that knows the company's own "
            "registry would have refused the pod, and named it."
        ),
        fix=(
            "Two objects: the policy trusted-images and its binding. It reads every init, main and "
            "ephemeral container of a new pod and asks for a digest, and for a registry of your "
            "list where the settings hold one. At first it only warns and audits. The cluster's "
            "own namespaces are left out, since control planes and add-ons come by tags. Nothing "
            "restarts; undo deletes both objects."
        ),
        breaks=(
            "Nothing, while it only reports: pods start as before, with a warning. Once it denies, "
            "pods with other images are refused, also those that replace running ones after a "
            "node fails. kube-system is left out, and the copies of static pods there with it. "
            "Images that a pod had before do not count against it, so labels and finalizers "
            "still change."
        ),
        verify=(
            "Create a pod by tag with `kubectl run probe --image=nginx:1.27 --dry-run=server`: the "
            "answer carries a warning that names the image. With an audit log, look for the "
            "annotation validation.policy.admission.k8s.io/validation_failure. The metric "
            "apiserver_validating_admission_policy_check_total counts what it saw. When nothing "
            "new shows for a week, let it deny."
        ),
        reading=(
            Reference(
                "Kubernetes: validating admission policy",
                "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/",
            ),
            Reference(
                "Kyverno: validating policies",
                "https://kyverno.io/docs/policy-types/validating-policy/",
            ),
            Reference(
                "Gatekeeper: validating admission policy",
                "https://open-policy-agent.github.io/gatekeeper/website/docs/validating-admission-policy/",
            ),
        ),
    ),
    evaluate=evaluate,
    remediate=remediate,
    live_only=True,
)
