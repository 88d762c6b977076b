"""Which bindings name whom, so that a question looks at those of one subject only."""

from collections.abc import Iterable, Iterator, Mapping

from k8sharden.analysis.rbac.subjects import principal
from k8sharden.model import objects as o
from k8sharden.model.ref import Ref

Bindings = Mapping[Ref, o.Binding]
_BySpace = Mapping[str, tuple[Ref, ...]]


class Index:
    """The bindings by whom they name, see `principal`, and by namespace. Frozen."""

    def __init__(self, found: Mapping[str, _BySpace]) -> None:
        self._found = found

    def names(self, name: str) -> bool:
        """Whether any binding names somebody."""
        return name in self._found

    def of(self, names: Iterable[str], namespace: str | None) -> Iterator[Ref]:
        """Yield the bindings of any of these, in one namespace and everywhere, or (None) all."""
        for spaces in (self._found[name] for name in names if name in self._found):
            for space in spaces.keys() if namespace is None else {"", namespace} & spaces.keys():
                yield from spaces[space]

    def changed(self, before: Bindings, after: Bindings, refs: Iterable[Ref]) -> "Index":
        """Return the index after some bindings changed; the rest is shared."""
        found = dict(self._found)
        for ref in refs:
            old, new = _named(ref, before), _named(ref, after)
            for name in old | new:
                spaces = dict(found.get(name, {}))
                others = tuple(each for each in spaces.pop(ref.namespace, ()) if each != ref)
                kept = (*others, ref) if name in new else others
                found[name] = {**spaces, ref.namespace: kept} if kept else spaces
                if not found[name]:
                    del found[name]
        return Index(found)


def index_of(bindings: Bindings) -> Index:
    """Return the index of all bindings."""
    found: dict[str, dict[str, list[Ref]]] = {}
    for ref in bindings:
        for name in _named(ref, bindings):
            found.setdefault(name, {}).setdefault(ref.namespace, []).append(ref)
    return Index(
        {name: {each: tuple(refs) for each, refs in some.items()} for name, some in found.items()}
    )


def _named(ref: Ref, bindings: Bindings) -> set[str]:
    binding = bindings.get(ref)
    return {principal(each, ref.namespace) for each in binding.subjects or ()} if binding else set()
