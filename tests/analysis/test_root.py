"""As whom a container starts: the template decides, then the registry, then what is documented."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.root import Start, start_of
from k8sharden.model.facts import Facts, ImageFact
from k8sharden.model.pods import Container, PodSpec


def _start(
    own: dict[str, Any], pod: dict[str, Any], image: str = "web:1", user: str | None = None
) -> Start:
    container = msgspec.convert({"name": "web", "image": image, "securityContext": own}, Container)
    spec = msgspec.convert({"securityContext": pod}, PodSpec)
    facts = Facts({image: ImageFact(image, user=user)}) if user is not None else Facts()
    return start_of(container, spec, facts)


@pytest.mark.parametrize(
    ("own", "pod", "root"),
    [
        ({"runAsUser": 0}, {"runAsUser": 1000}, True),
        ({"runAsUser": 1000}, {"runAsUser": 0}, False),
        ({}, {"runAsUser": 0, "runAsNonRoot": True}, True),
        ({}, {"runAsUser": 1000, "runAsNonRoot": False}, False),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, False),
        ({}, {"runAsNonRoot": True}, False),
    ],
)
def test_the_template_decides_where_it_says_something(
    own: dict[str, Any], pod: dict[str, Any], *, root: bool | None
) -> None:
    """A number goes before the check, and the container before the pod, as in the kubelet."""
    assert _start(own, pod, "nginx:1.29", "0") == Start(root, forced=True)


@pytest.mark.parametrize(
    ("image", "user", "root"),
    [
        ("web:1", "", True),
        ("web:1", "0", True),
        ("web:1", "root:root", True),
        ("web:1", "0:1000", True),
        ("web:1", "1000:0", False),
        ("web:1", "app", False),
        ("web:1", None, None),
        ("nginx:1.29", None, True),
        ("nginx:1.29", "101", False),
        ("quay.io/prometheus/prometheus:v3", None, False),
    ],
)
def test_the_image_decides_where_the_template_is_silent(
    image: str, user: str | None, *, root: bool | None
) -> None:
    """What the registry said goes before what is documented; a stranger stays unknown."""
    assert _start({}, {}, image, user) == Start(root, forced=False)
    assert _start({"runAsNonRoot": False}, {}, image, user) == Start(root, forced=False)
