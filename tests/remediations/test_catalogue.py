"""Every item is complete: what a screen shows, a newcomer reads and a plan needs is there."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from k8sharden.cluster.training import objects
from k8sharden.model import kinds
from k8sharden.model.change import Change, ChangeKind, Create
from k8sharden.model.finding import Area, Status
from k8sharden.model.item import Item, Lesson
from remediations import OWN, catalogue
from tests.remediations import harness

PREFIXES = {
    Area.RBAC: "rbac-",
    Area.NETWORK: "net-",
    Area.POD_SECURITY: "pss-",
    Area.IMAGES: "img-",
    Area.SECRETS: "sec-",
    Area.RUNTIME: "rt-",
    Area.AUDIT: "aud-",
}
PARTS = ("what", "why", "attack", "fix", "breaks", "verify")

each_item = pytest.mark.parametrize("item", OWN, ids=[item.id for item in OWN])


def test_ids_are_unique_and_areas_follow_the_checklist() -> None:
    """An id names one item for ever, and the areas come in the order in which people work."""
    ids = [item.id for item in catalogue()]
    assert len(set(ids)) == len(ids)
    order = [list(Area).index(item.area) for item in catalogue()]
    assert order == sorted(order)
    assert {item.area for item in OWN} == set(Area)


def test_the_items_together_use_every_kind_of_change() -> None:
    """Each way through the product is walked by some item."""
    wanted = {ChangeKind.PATCH, ChangeKind.CREATE, ChangeKind.GROUP, ChangeKind.ARTEFACT}
    assert wanted <= {item.kind for item in OWN}


@each_item
def test_an_items_metadata_is_complete(item: Item) -> None:
    """The id tells the area; what is needed can be read; each rule has a source."""
    assert re.fullmatch(rf"{PREFIXES[item.area]}[a-z][a-z0-9]*(-[a-z]+)*", item.id)
    assert 0 < len(item.title) <= 60
    assert not item.title.endswith(".")
    assert item.references
    assert all(each.label for each in item.references)
    assert set(item.needs) <= set(kinds.SCANNED)
    assert item.needs or item.live_only or item.repository_only


@each_item
def test_a_lesson_is_filled_in_and_short_enough_to_be_read(item: Item) -> None:
    """Six parts of a few sentences each, and somewhere to read on."""
    for part in PARTS:
        words = str(getattr(item.lesson, part)).split()
        assert 25 <= len(words) <= 100, f"{part}: {len(words)} words"
    assert item.lesson.reading
    assert all(each.url.startswith("https://") for each in item.lesson.reading)


@each_item
def test_an_attack_plays_on_an_object_of_the_training_cluster(item: Item) -> None:
    """Who reads a lesson can open what it speaks of."""
    assert set(_named(item.lesson)) & _training(), item.lesson.attack


@each_item
def test_what_fails_has_a_change_or_a_reason(item: Item) -> None:
    """No finding leaves somebody with nothing to do; only what is made anew has alternatives."""
    for path in harness.fixtures(item.id, "fail"):
        seen = harness.inventory(harness.read(path))
        for finding in item.evaluate(seen):
            if finding.status is not Status.FAIL:
                continue
            assert finding.check == item.id
            assert finding.area is item.area
            answer = item.remediate(finding, seen)
            if isinstance(answer, Change):
                both = all(isinstance(write, Create) for write in answer.writes)
                assert bool(answer.writes) != bool(answer.files) or (answer.writes and both)
                assert answer.title
            else:
                assert answer.reason.endswith(".")


@each_item
def test_findings_are_json_and_their_ids_are_their_own(item: Item) -> None:
    """What is found can be written out, and two defects are never taken for one."""
    for path in harness.fixtures(item.id, "fail"):
        found = list(item.evaluate(harness.inventory(harness.read(path))))
        msgspec.json.encode(found)
        assert len({each.id for each in found}) == len(found)


def _named(lesson: Lesson) -> Iterator[str]:
    """Yield the words of an attack that could be names of objects."""
    yield from re.findall(r"[a-z0-9][a-z0-9/.-]*[a-z0-9]", lesson.attack)


def _training() -> set[str]:
    """Return how a lesson may name an object: `namespace/name`, or a name that says it all."""
    names = {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}"
        for each in objects()
        if "namespace" in each["metadata"]
    }
    return names | {"kube-apiserver-control-plane-1"}
