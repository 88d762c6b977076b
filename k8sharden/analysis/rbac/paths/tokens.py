"""Steps by tokens: asked for, made as a Secret or read from one, or of an account made anew.

Source: kubernetes.io, Managing Service Accounts.
"""

from collections.abc import Iterator

from k8sharden.analysis.rbac.paths.asks import (
    CREATE_ACCOUNTS,
    CREATE_PODS,
    CREATE_SECRETS,
    READ_SECRETS,
    TOKEN,
)
from k8sharden.analysis.rbac.paths.places import Fan, Hub, where
from k8sharden.analysis.rbac.paths.ways import Ways, scope_of
from k8sharden.analysis.rbac.paths.world import World


def by_tokens(ways: Ways) -> Iterator[Fan]:
    """Yield the accounts whose token may be asked for."""
    for hold, need in ways.held.by_binding(TOKEN):
        to = Hub("accounts", hold.namespace, hold.names)
        may = f"may create tokens of service accounts{where(hold.namespace)}"
        yield Fan(to, may, ", so it takes one of ", (need,))


def by_namesakes(ways: Ways) -> Iterator[Fan]:
    """Yield the accounts that bindings name and that are not there: whoever makes them is them."""
    for hold, need in ways.held.by_binding(CREATE_ACCOUNTS):
        use = ways.need(TOKEN, hold.namespace) or ways.need(CREATE_PODS, hold.namespace)
        if use and hold.names is None:
            may = f"may create service accounts{where(hold.namespace)} and use them"
            needs = (need,) if use.grant == need.grant else (need, use)
            so = ", so it takes the name, with its bindings, of "
            yield Fan(Hub("missing", hold.namespace), may, so, needs)


def by_secrets(ways: Ways) -> Iterator[Fan]:
    """Yield the accounts whose token lies in a Secret that may be read, or made and read."""
    for hold, need in ways.held.by_binding(READ_SECRETS):
        spaces = [hold.namespace] if hold.namespace else sorted(ways.world.tokens)
        for space in spaces:
            for secret in ways.world.tokens.get(space, ()):
                if hold.covers(secret, space):
                    names, so, note = _whose(secret, space, ways.world)
                    may = f"may read Secret {space}/{secret}"
                    yield Fan(Hub("accounts", space, names), may, so, (need,), note)
        for made, making in ways.held.by_binding(CREATE_SECRETS):
            scope = scope_of(hold, made)
            if hold.names is None and made.names is None and scope is not None:
                may = f"may create and read Secrets{where(scope)}"
                so = ", so it has one filled with a token of "
                needs = (making,) if making.grant == need.grant else (making, need)
                yield Fan(Hub("accounts", scope), may, so, needs)


def _whose(secret: str, space: str, world: World) -> tuple[frozenset[str] | None, str, str]:
    """Say which accounts a Secret's token may be of: the value that says so is never read."""
    names = [name for _, name in world.accounts.get(space, ())]
    known = [name for name in names if secret == name or secret.startswith(f"{name}-token")]
    if known:
        note = f"whose token Secret {secret} holds is told from its name: its values are not read"
        return frozenset({max(known, key=len)}), ", by its name a token of ", note
    note = f"Secret {secret} holds the token of some account of {space}, and nobody read of which"
    return None, ", which may be a token of ", note
