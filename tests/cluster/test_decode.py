"""Decoding: the fast way and the careful one agree, and no answer of a server breaks either."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from k8sharden.cluster.decode import PageDecoder
from k8sharden.errors import ClusterUnavailable
from k8sharden.model import kinds
from k8sharden.model.kinds import ResourceType

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metadata", "name", "spec", "containers", "items", "status", "rules"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
META = st.fixed_dictionaries({"name": st.text(min_size=1, max_size=5)})
GOOD = st.fixed_dictionaries({"metadata": META, "spec": st.just({})})


@pytest.mark.parametrize("kind", kinds.SCANNED, ids=lambda kind: kind.key)
@given(items=st.lists(JSON, max_size=4))
def test_any_item_is_an_object_or_odd(kind: ResourceType, items: list[Any]) -> None:
    """Each item of a list counts once: as an object with a name, or as an odd one."""
    page = PageDecoder(kind).decode(json.dumps({"items": items}).encode())
    assert len(page.objects) + len(page.odd) == len(items)
    assert all(item.name for item in page.objects)


@given(good=st.lists(GOOD, min_size=1, max_size=4))
def test_a_good_object_is_the_same_beside_an_odd_one(good: list[Any]) -> None:
    """Objects decode to the same, whether or not one of their list is odd."""
    decoder = PageDecoder(kinds.PODS)
    alone = decoder.decode(json.dumps({"items": good}).encode())
    beside = decoder.decode(json.dumps({"items": [*good, None]}).encode())
    assert alone.odd == ()
    assert beside.objects == alone.objects
    assert len(beside.odd) == 1


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"items": ' + b"[" * 5_000)
@example(b'{"items": [{"metadata": {"name": "\xff"}}]}')
@example(b'{"items": [{"metadata": {"name": "\\ud800"}}]}')
def test_any_body_is_a_page_or_one_error(body: bytes) -> None:
    """Whatever the bytes, decoding ends in a page or in the one error for people."""
    try:
        page = PageDecoder(kinds.PODS).decode(body)
    except ClusterUnavailable as error:
        assert "\n" not in str(error)  # noqa: PT017 - a page is as good an end
    else:
        assert page.remaining is None or page.remaining >= 0
