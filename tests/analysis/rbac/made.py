"""Roles and bindings in a line each, for the tests of who may do what."""

from collections.abc import Mapping

from k8sharden.analysis.rbac.policy import Policy
from k8sharden.analysis.rbac.subjects import Identity, identity
from k8sharden.model import kinds
from k8sharden.model import objects as o
from k8sharden.model.meta import Meta
from k8sharden.model.ref import Ref

STAR = ["*"]
EVERYTHING = [o.PolicyRule(STAR, STAR, STAR), o.PolicyRule(STAR, non_resource_urls=STAR)]


def rule(verbs: str, resources: str, group: str = "", names: str = "") -> o.PolicyRule:
    """Return a rule; words are separated by blanks."""
    return o.PolicyRule(verbs.split(), [group], resources.split(), names.split() or None)


def urls(verbs: str, paths: str) -> o.PolicyRule:
    """Return a rule about URLs."""
    return o.PolicyRule(verbs.split(), non_resource_urls=paths.split())


def subject(words: str) -> o.Subject:
    """Return the subject of ``User ada``, ``Group staff`` or ``ServiceAccount ci/pipeline``."""
    kind, _, name = words.partition(" ")
    if kind == "ServiceAccount":
        namespace, slash, rest = name.rpartition("/")
        return o.Subject(kind, rest, namespace if slash else None)
    return o.Subject(kind, name)


def who(words: str) -> Identity:
    """Return who asks as a subject."""
    return identity(subject(words))


def policy(roles: Mapping[str, list[o.PolicyRule]], *bindings: str) -> Policy:
    """Return a policy of ClusterRoles and of bindings such as ``b: reader to User ada in shop``.

    A role named ``shop/reader`` is a Role, and a binding in its namespace takes it before a
    ClusterRole of the name. Several subjects are separated by commas.
    """
    held = {_role(name): o.Role(Meta(name), rules=rules) for name, rules in roles.items()}
    bound = dict(_binding(text, held) for text in bindings)
    return Policy(held, bound)


def _role(name: str) -> Ref:
    namespace, slash, rest = name.rpartition("/")
    return kinds.ROLES.ref(namespace, rest) if slash else kinds.CLUSTER_ROLES.ref("", name)


def _binding(text: str, roles: Mapping[Ref, o.Role]) -> tuple[Ref, o.Binding]:
    name, _, rest = text.partition(": ")
    role, _, rest = rest.partition(" to ")
    subjects, _, space = rest.partition(" in ")
    own = kinds.ROLES.ref(space, role) in roles
    binding = o.Binding(
        Meta(name, space or None),
        role_ref=o.RoleRef(kind="Role" if own else "ClusterRole", name=role),
        subjects=[subject(each) for each in subjects.split(", ")],
    )
    kind = kinds.ROLE_BINDINGS if space else kinds.CLUSTER_ROLE_BINDINGS
    return kind.ref(space, name), binding
