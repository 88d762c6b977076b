"""Send one write to a cluster: guarded, never twice, and settled where its answer was lost."""

from typing import Any, Protocol

from k8sharden.changes.answers import Answer
from k8sharden.changes.bind import Bound, Drift, bind, look, operations
from k8sharden.changes.bookkeeping import essential
from k8sharden.changes.compare import by_us, ends, holds, made_anew
from k8sharden.changes.plan import fetcher
from k8sharden.changes.quoted import discreet
from k8sharden.errors import (
    ApiError,
    ClusterUnavailable,
    Conflict,
    Invalid,
    K8shardenError,
    Unreached,
)
from k8sharden.model.change import AccessReview, Create, Delete, Patch
from k8sharden.model.ref import Ref

ATTEMPTS = 3
"""How often a write is tried when the object changed in between, but not what we change of it."""

SERVER_ERROR = 500
"""From this HTTP status on the server, or a proxy before it, may have written all the same."""


class LostAnswer(ClusterUnavailable):
    """Nobody knows whether a write landed."""


class WrittenObject(Protocol):
    """What a write returns."""

    @property
    def object(self) -> dict[str, Any]:
        """The object as the server has it now."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """The server's warnings."""
        ...


class Writer(Protocol):
    """The part of the cluster's API that applying needs."""

    def get(self, ref: Ref) -> dict[str, Any]:
        """Return the whole object."""
        ...

    def create(self, manifest: dict[str, Any], ref: Ref, *, dry_run: bool = False) -> WrittenObject:
        """Make an object."""
        ...

    def patch(
        self, ref: Ref, operations: list[dict[str, Any]], *, dry_run: bool = False
    ) -> WrittenObject:
        """Send a JSON Patch."""
        ...

    def delete(
        self, ref: Ref, *, uid: str, resource_version: str, dry_run: bool = False
    ) -> WrittenObject:
        """Take an object away."""
        ...

    def ask(self, question: AccessReview) -> Answer:
        """Ask the authorizer about a right; nothing is written."""
        ...


def write(bound: Bound, writer: Writer) -> dict[str, Any]:
    """Send one write and return the object as the server has it then.

    Where the object moved under us, goes on only if our part of it did not; raises `Drift` if it
    did. Where the answer was lost, looks whether the write landed; raises `LostAnswer` where that
    cannot be read.
    """
    for attempt in range(ATTEMPTS):
        try:
            return send(bound, writer, dry=False).object
        except (Conflict, Invalid) as error:
            bound = _moved(bound, writer, error, last=attempt == ATTEMPTS - 1)
        except (ClusterUnavailable, ApiError) as error:
            if isinstance(error, ApiError) and error.status < SERVER_ERROR:
                raise
            return _settled(bound, writer, error)
    raise AssertionError  # pragma: no cover - the loop returns or raises


def rehearse(bound: Bound, writer: Writer) -> tuple[str, ...]:
    """Let the server try one write, and return its warnings; nothing is stored.

    An object that moved meanwhile is tried anew as it is now, as `write` would. Raises the
    `ApiError` of a refusal, and `Drift`.
    """
    for attempt in range(ATTEMPTS):
        try:
            warnings = send(bound, writer, dry=True).warnings
            return tuple(discreet(warning, [bound]) for warning in warnings)
        except (Conflict, Invalid) as error:
            if isinstance(bound.write, Create):
                raise
            bound = _moved(bound, writer, error, last=attempt == ATTEMPTS - 1)
    raise AssertionError  # pragma: no cover - the loop returns or raises


def _moved(bound: Bound, writer: Writer, error: ApiError, *, last: bool) -> Bound:
    """Bind a refused write to the object as it is now. Raises ``error`` if that did not move."""
    fresh = bind(bound.write, fetcher(writer.get)(bound.ref))
    if last or _version(fresh.before) == _version(bound.before):
        raise error
    if fresh.fields != bound.fields or not _same(bound, fresh):
        raise Drift(
            f"{bound.ref.label} was changed while we worked on it: look at it anew."
        ) from None
    return fresh


def _version(value: dict[str, Any] | None) -> str:
    return str((value or {}).get("metadata", {}).get("resourceVersion", ""))


def _same(one: Bound, two: Bound) -> bool:
    """Whether a write still meets the object that it was bound to, and a delete what was shown."""
    if made_anew(one, two):
        return False
    deletes = isinstance(one.write, Delete)
    return not deletes or essential(one.before or {}) == essential(two.before or {})


def send(bound: Bound, writer: Writer, *, dry: bool) -> WrittenObject:
    """Send one write, for good or as a dry run. A refusal quotes no secret value of the object."""
    try:
        return _sent(bound, writer, dry=dry)
    except ApiError as error:
        error.args = (discreet(str(error), [bound]),)
        raise


def _sent(bound: Bound, writer: Writer, *, dry: bool) -> WrittenObject:
    live = bound.before
    match bound.write:
        case Create(ref=ref, manifest=manifest):
            return writer.create(manifest, ref, dry_run=dry)
        case Delete(ref=ref):
            metadata = (live or {}).get("metadata", {})
            return writer.delete(
                ref,
                uid=str(metadata.get("uid", "")),
                resource_version=str(metadata.get("resourceVersion", "")),
                dry_run=dry,
            )
        case Patch(ref=ref):
            return writer.patch(ref, operations(bound, live or {}), dry_run=dry)


def _settled(bound: Bound, writer: Writer, error: K8shardenError) -> dict[str, Any]:
    """Return the object where the write landed although its answer was lost.

    A write is never sent again blindly: the first one may have landed, or be under way still.
    Raises ``error`` where it did not land and cannot any more, `LostAnswer` where nobody knows.
    """
    try:
        live = fetcher(writer.get)(bound.ref)
    except K8shardenError as unread:
        raise LostAnswer(
            f"{error} Whether {bound.ref.label} was written is not known, since it could not be "
            f"read afterwards ({unread}): look at it before anything else."
        ) from error
    if _landed(bound, live):
        return live or {}
    if _answered(error) or _too_late(bound, live):
        raise error
    raise LostAnswer(
        f"{error} {bound.ref.label} was not written when it was looked at, but a request without "
        "an answer can still arrive: `k8sharden journal recover` looks again."
    ) from error


def _answered(error: K8shardenError) -> bool:
    """Whether a request never left, or its server itself said that it failed and is done with it.

    Gateways say 502 and 504 of what may go on behind them, and so does a server of its storage.
    """
    if isinstance(error, ApiError):
        behind = error.reason == "ServerTimeout" or "etcdserver" in str(error)
        return error.status not in _OPEN and not behind
    return isinstance(error, Unreached)


_OPEN = (502, 504)


def _too_late(bound: Bound, live: dict[str, Any] | None) -> bool:
    """Whether a write can no longer land, since its guards refuse the object as it is now."""
    if isinstance(bound.write, Create):
        return live is not None
    if _version(live) == _version(bound.before):
        return False
    before, _ = ends(bound.fields)
    return live is None or all(look(live, path)[0] == before[path] for path in before)


def _landed(bound: Bound, live: dict[str, Any] | None) -> bool:
    match bound.write:
        case Delete():
            ending = (live or {}).get("metadata", {}).get("deletionTimestamp")
            return _uid(live) != _uid(bound.before) or bool(ending)
        case Create(manifest=manifest):
            return live is not None and by_us(live, manifest)
        case Patch():
            before, after = ends(bound.fields)
            seen = {path: look(live, path)[0] for path in after}
            kept = bool(after) and seen == before
            # A namesake that came later may look as ours would, and is not what was written.
            return (
                _uid(live) == _uid(bound.before)
                and not kept
                and all(holds(seen[path], after[path]) for path in after)
            )


def _uid(value: dict[str, Any] | None) -> str | None:
    uid: str | None = (value or {}).get("metadata", {}).get("uid")
    return uid
