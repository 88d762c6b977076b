"""Selectors that choose nothing: what was probably meant, and when nothing is guessed."""

import pytest

from k8sharden.analysis.network.dead import meant_by, show_selector

KNOWN = (
    {"app": "royalties", "version": "v2"},
    {"app": "web", "kubernetes.io/metadata.name": "shop"},
)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ({"app": "royaltys"}, ["app=royalties"]),
        ({"appp": "web"}, ["app=web"]),
        ({"name": "shop"}, ["kubernetes.io/metadata.name=shop"]),
        ({"app": "royaltys", "version": "v2"}, ["version=v2,app=royalties"]),
        ({"version": "v1"}, []),
        ({"app": "ledger"}, []),
        # Each label exists, on pods of which none has both.
        ({"app": "web", "version": "v2"}, []),
    ],
)
def test_one_slip_is_seen_and_nothing_else_is_guessed(
    wanted: dict[str, str], meant: list[str]
) -> None:
    """One letter, or a key without its prefix; another version or another name is another thing."""
    found = meant_by({"matchLabels": wanted}, KNOWN)
    assert [show_selector(each) for each in found] == meant


def test_what_else_a_selector_asks_for_stays() -> None:
    """The right label in the wrong company chooses nothing, so it was not meant."""
    expression = {"key": "version", "operator": "DoesNotExist"}
    wanted = {"matchLabels": {"app": "royaltys"}, "matchExpressions": [expression]}
    assert meant_by(wanted, KNOWN) == ()
    (found,) = meant_by({**wanted, "matchLabels": {"app": "wbe-web"}}, ({"app": "web-web"},))
    assert show_selector(found) == "app=web-web,version DoesNotExist"


def test_an_empty_selector_is_everything() -> None:
    """So it is shown, rather than as nothing at all."""
    assert show_selector({}) == "everything"
