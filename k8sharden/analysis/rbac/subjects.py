"""Subjects: users, groups and service accounts, as bindings name them and requests come from them.

Source: kubernetes.io, Authenticating (the groups of service accounts).
"""

from collections.abc import Iterator
from typing import NamedTuple

from k8sharden.model import objects as o

ServiceAccount = tuple[str, str]
"""A service account: its namespace and its name."""

MASTERS = "system:masters"
"""The group that the API server lets pass before it asks RBAC."""

AUTHENTICATED = "system:authenticated"
UNAUTHENTICATED = "system:unauthenticated"
ANONYMOUS = "system:anonymous"
ACCOUNTS = "system:serviceaccounts"

NOBODY = "nobody"
"""What a service account without a namespace is to the authorizer."""

_USER_PREFIX = "system:serviceaccount:"


class Identity(NamedTuple):
    """Who asks: a user's name and all groups that the user is in.

    The name is empty for a group as such, which stands for a member nobody knows more of.
    """

    user: str
    groups: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """``ServiceAccount ci/pipeline``, ``User ada``, ``Group support``."""
        account = account_of(self.user)
        if account:
            return f"ServiceAccount {account[0]}/{account[1]}"
        if self.user:
            return f"User {self.user}"
        return f"Group {self.group}"

    @property
    def group(self) -> str:
        """The group that says most: those who log in are in everybody's, beside their own."""
        return min(self.own or self.groups - {AUTHENTICATED} or self.groups, default="")

    @property
    def own(self) -> frozenset[str]:
        """The groups that are not everybody's."""
        return self.groups - {AUTHENTICATED, ACCOUNTS}

    def subjects(self) -> Iterator[str]:
        """Yield the keys of the subjects that stand for this identity, see `key`."""
        account = account_of(self.user)
        if account:
            yield f"ServiceAccount {account[0]}/{account[1]}"
        elif self.user:
            yield f"User {self.user}"
        yield from (f"Group {group}" for group in sorted(self.groups))

    def principals(self) -> Iterator[str]:
        """Yield what the authorizer looks for in bindings, see `principal`."""
        if self.user:
            yield f"User {self.user}"
        yield from (f"Group {group}" for group in self.groups)


def account_of(user: str) -> ServiceAccount | None:
    """Return the service account that a user's name stands for."""
    if not user.startswith(_USER_PREFIX):
        return None
    namespace, _, name = user.removeprefix(_USER_PREFIX).partition(":")
    return (namespace, name) if namespace and name else None


def user_of(account: ServiceAccount) -> str:
    """Return the name under which a service account asks."""
    return f"{_USER_PREFIX}{account[0]}:{account[1]}"


def service_account(subject: o.Subject, home: str = "") -> ServiceAccount | None:
    """Return the service account that a subject is, also where it is written as a user.

    ``home`` is the namespace of the binding, which stands in for a namespace that is not written.
    """
    if subject.kind == "ServiceAccount":
        return subject.namespace or home, subject.name
    return account_of(subject.name) if subject.kind == "User" else None


def key(subject: o.Subject, home: str = "") -> str:
    """Return what tells a subject from others: ``ServiceAccount ci/pipeline``, ``User ada``."""
    account = service_account(subject, home)
    if account:
        return f"ServiceAccount {account[0]}/{account[1]}"
    return f"{subject.kind} {subject.name}"


def principal(subject: o.Subject, home: str = "") -> str:
    """Return what a subject is to the authorizer: a group, or the name by which a user asks.

    A service account is a user with a name of its own; without a namespace it is nobody.
    """
    if subject.kind == "ServiceAccount":
        account = (subject.namespace or home, subject.name)
        return f"User {user_of(account)}" if account[0] else NOBODY
    return f"{subject.kind} {subject.name}"


def identity(subject: o.Subject, home: str = "") -> Identity:
    """Return who asks as this subject, with the groups that it is in by what it is.

    A user's certificate may name more groups, and only an audit log shows them.
    """
    account = service_account(subject, home)
    if account:
        return identity_of(account)
    if subject.kind == "User":
        everybody = UNAUTHENTICATED if subject.name == ANONYMOUS else AUTHENTICATED
        return Identity(subject.name, frozenset({everybody}))
    everybody = "" if subject.name == UNAUTHENTICATED else AUTHENTICATED
    return Identity("", frozenset({subject.name, everybody} - {""}))


def identity_of(account: ServiceAccount) -> Identity:
    """Return a service account as it asks."""
    groups = (ACCOUNTS, f"{ACCOUNTS}:{account[0]}", AUTHENTICATED)
    return Identity(user_of(account), frozenset(groups))


def by_key(words: str) -> Identity:
    """Return who asks as the subject that `key` wrote so; a user where no kind is named."""
    kind, _, name = words.partition(" ")
    if kind == "ServiceAccount":
        namespace, _, account = name.partition("/")
        return identity_of((namespace, account))
    known = o.Subject(kind, name) if kind in ("User", "Group") else o.Subject("User", words)
    return identity(known)


def is_account_group(name: str) -> bool:
    """Whether a group holds service accounts: all of them, or those of one namespace."""
    return name == ACCOUNTS or name.startswith(f"{ACCOUNTS}:")
