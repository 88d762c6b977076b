"""Facts from outside the cluster, as items read them."""

from k8sharden.model.facts import Facts, ImageFact
from k8sharden.model.inventory import Inventory, Source, SourceKind

SAID = ImageFact("nginx:1.29", "sha256:" + "a" * 64, index=True, platforms=("linux/amd64",))
REFUSED = ImageFact("shop/web:1", problem="The registry wants a login: k8sharden login.")


def test_what_a_registry_said_is_found_by_the_reference_as_it_was_written() -> None:
    """Only that reference has the fact: another tag of the repository has none."""
    facts = Facts({SAID.reference: SAID})
    assert facts.image("nginx:1.29") == SAID
    assert facts.image("nginx:1.28") is None


def test_a_registry_that_said_nothing_is_no_fact_about_the_image() -> None:
    """A problem is kept for people, and is nothing that an item may build on."""
    facts = Facts({REFUSED.reference: REFUSED})
    assert facts.image(REFUSED.reference) is None
    assert facts.images[REFUSED.reference].problem


def test_a_view_of_some_namespaces_keeps_the_facts() -> None:
    """What was learnt outside the cluster belongs to no namespace."""
    facts = Facts({SAID.reference: SAID}, allowed_registries=("docker.io",))
    seen = Inventory(Source(SourceKind.CLUSTER, "t"), {}, {}, facts=facts)
    assert seen.limited_to(["shop"]).facts == facts
