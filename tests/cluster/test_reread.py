"""Reading lists again: exactly these are new, in exactly the namespaces that could be read."""

from collections.abc import Sequence

import msgspec
import pytest

from k8sharden.cluster.api import Api
from k8sharden.cluster.memory import MemoryCluster
from k8sharden.cluster.reread import Rereader
from k8sharden.errors import NotFound
from k8sharden.model import kinds
from k8sharden.model.admission import Constraint
from k8sharden.model.change import Listing
from k8sharden.model.inventory import Coverage, Entry, Inventory, OddObject
from tests.cluster.fakes import Scripted, page, refusal, scan


def pod(namespace: str, name: str) -> dict[str, object]:
    """Return a pod."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": name},
        "spec": {"containers": [{"name": "c", "image": "i:1"}]},
    }


def space(name: str) -> dict[str, object]:
    """Return a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


@pytest.fixture
def api() -> Api:
    """A cluster with a pod in each of two namespaces."""
    objects = [space("a"), space("b"), pod("a", "old"), pod("b", "old")]
    return Api(MemoryCluster(objects).transport())


def reread(api: Api, inventory: Inventory, listings: Sequence[Listing]) -> Inventory:
    """Read lists again, as the first change of an apply does."""
    return Rereader(api, lambda: 0.0)(inventory, listings)


def pods(inventory: Inventory) -> list[str]:
    """Return the pods as ``namespace/name``."""
    return sorted(f"{each.namespace}/{each.name}" for each in inventory.pods)


@pytest.fixture
def before(api: Api) -> Inventory:
    """What a scan read before the cluster changed in both namespaces."""
    known = scan(api.transport)
    for name in ("a", "b"):
        api.create(pod(name, "new"), kinds.PODS.ref(name, "new"))
        live = api.get(kinds.PODS.ref(name, "old"))["metadata"]
        api.delete(
            kinds.PODS.ref(name, "old"),
            uid=live["uid"],
            resource_version=live["resourceVersion"],
        )
    return known


def test_one_namespace_is_read_again(api: Api, before: Inventory) -> None:
    """Its objects are those of now, the others those of the scan, and nothing derived is kept."""
    assert before.namespace_names
    after = reread(api, before, (Listing("pods", "a"),))
    assert pods(after) == ["a/new", "b/old"]
    assert not after.cache
    assert pods(before) == ["a/old", "b/old"]


def test_all_namespaces_are_read_again(api: Api, before: Inventory) -> None:
    """Without a namespace the whole list is new."""
    assert pods(reread(api, before, (Listing("pods"),))) == ["a/new", "b/new"]


def test_where_only_some_could_be_listed_these_are_read(api: Api, before: Inventory) -> None:
    """A type that was read in one namespace only is not asked for everywhere."""
    entry = Entry("pods", Coverage.READ, namespaces=frozenset({"b"}))
    limited = msgspec.structs.replace(before, ledger={**before.ledger, "pods": entry})
    assert pods(reread(api, limited, (Listing("pods"),))) == ["a/old", "b/new"]


def test_what_was_never_read_is_not_asked_for(api: Api, before: Inventory) -> None:
    """A type without a list at the scan adds nothing."""
    entry = Entry("pods", Coverage.FORBIDDEN)
    blind = msgspec.structs.replace(before, ledger={**before.ledger, "pods": entry})
    assert pods(reread(api, blind, (Listing("pods"),))) == ["a/old", "b/old"]


def test_an_odd_object_that_was_mended_is_odd_no_more(api: Api, before: Inventory) -> None:
    """What did not decode then is judged by the list of now."""
    odd = tuple(OddObject(kinds.PODS.ref(name, "x"), "no") for name in ("a", "b"))
    strange = msgspec.structs.replace(before, odd=odd)
    after = reread(api, strange, (Listing("pods", "a"),))
    assert [each.ref.namespace for each in after.odd] == ["b"]


def test_a_list_that_cannot_be_read_is_an_error(api: Api, before: Inventory) -> None:
    """Nothing is taken for an empty list."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Api, "pages", lambda *_a, **_b: _absent())
        with pytest.raises(NotFound):
            reread(api, before, (Listing("pods"),))


def test_a_template_whose_type_is_not_served_has_no_constraints() -> None:
    """It kept the scan from nothing, so it stops no change either; the other kinds are read."""

    def template(kind: str) -> dict[str, object]:
        names = {"crd": {"spec": {"names": {"kind": kind}}}}
        return {"metadata": {"name": kind.lower()}, "spec": names}

    constraints = "/apis/constraints.gatekeeper.sh/v1beta1/"
    transport = Scripted(
        {
            kinds.CONSTRAINT_TEMPLATES.path(): page([template("K8sNew"), template("K8sRepos")]),
            f"{constraints}k8snew": refusal(404, "NotFound"),
            f"{constraints}k8srepos": page([{"kind": "K8sRepos", "metadata": {"name": "all"}}]),
        }
    )
    known = scan(transport)
    assert len(known.of(kinds.CONSTRAINTS, Constraint)) == 1
    again = reread(Api(transport, read_only=True), known, kinds.listings([kinds.CONSTRAINTS]))
    assert [each.name for each in again.of(kinds.CONSTRAINTS, Constraint)] == ["all"]


def test_a_list_that_may_have_some_age_is_read_once_in_that_time(api: Api) -> None:
    """Many changes that rest on the whole cluster do not each read it; what may not be old is."""
    known, now = scan(api.transport), [100.0]
    read = Rereader(api, lambda: now[0])
    whole, mine = Listing("pods", age=30), Listing("pods", "a")
    read(known, (whole, mine))
    for name in ("a", "b"):
        api.create(pod(name, "new"), kinds.PODS.ref(name, "new"))
    now[0] += 29
    assert pods(read(known, (whole, mine))) == ["a/new", "a/old", "b/old"]
    assert pods(read(known, (Listing("pods"), whole))) == ["a/new", "a/old", "b/new", "b/old"]
    api.create(pod("b", "newer"), kinds.PODS.ref("b", "newer"))
    now[0] += 30
    assert "b/newer" in pods(read(known, (whole, mine)))


def _absent() -> None:
    raise NotFound("not here", status=404)
