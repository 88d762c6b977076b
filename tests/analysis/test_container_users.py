"""As whom a container runs: the template decides, then the registry, then what is documented."""

from typing import Any

import msgspec
import pytest

from k8sharden.analysis.container_users import Kind, User, user_of
from k8sharden.model.facts import Facts, ImageFact
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, PodSpec
from tests.remediations import harness


def _user(
    own: dict[str, Any], pod: dict[str, Any], image: str = "web:1", user: str | None = None
) -> User:
    container = msgspec.convert({"name": "web", "image": image, "securityContext": own}, Container)
    return user_of(msgspec.convert(pod, PodSpec), container, _inventory(image, user))


def _inventory(image: str, user: str | None) -> Inventory:
    facts = {} if user is None else {image: ImageFact(image, user=user)}
    return msgspec.structs.replace(harness.inventory([]), facts=Facts(facts))


@pytest.mark.parametrize(
    ("own", "pod", "kind", "says"),
    [
        ({"runAsUser": 0}, {"runAsUser": 1000}, Kind.ROOT, "runAsUser is 0"),
        ({"runAsUser": 1000}, {"runAsUser": 0}, Kind.NON_ROOT, "runAsUser is 1000"),
        ({}, {"runAsUser": 0, "runAsNonRoot": True}, Kind.ROOT, "runAsUser is 0"),
        ({}, {"runAsUser": 1000, "runAsNonRoot": False}, Kind.NON_ROOT, "runAsUser is 1000"),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, Kind.NON_ROOT, "runAsNonRoot"),
        ({}, {"runAsNonRoot": True}, Kind.NON_ROOT, "runAsNonRoot"),
    ],
)
def test_the_template_decides_where_it_says_something(
    own: dict[str, Any], pod: dict[str, Any], kind: Kind, says: str
) -> None:
    """A number goes before the check, and the container before the pod, as in the kubelet."""
    assert _user(own, {"securityContext": pod}, "nginx:1.29", "0") == User(kind, says)


@pytest.mark.parametrize(
    ("image", "user", "kind", "says"),
    [
        ("web:1", "", Kind.ROOT, "image web:1 says no other user"),
        ("web:1", "0", Kind.ROOT, "image web:1 says 0"),
        ("web:1", "00:0", Kind.ROOT, "image web:1 says 00"),
        ("web:1", "root:root", Kind.ROOT, "image web:1 says root"),
        ("web:1", "1000:0", Kind.NON_ROOT, "image web:1 says 1000"),
        ("web:1", "app", Kind.NAMED, "image web:1 says app"),
        ("web:1", None, Kind.UNKNOWN, ""),
        ("nginx:1.29", None, Kind.ROOT, "image nginx:1.29 says no other user"),
        ("nginx:1.29", "101", Kind.NON_ROOT, "image nginx:1.29 says 101"),
    ],
)
def test_the_image_decides_where_the_template_is_silent(
    image: str, user: str | None, kind: Kind, says: str
) -> None:
    """What the registry said goes before what is documented; a stranger stays unknown."""
    assert _user({}, {}, image, user) == User(kind, says)
    assert _user({"runAsNonRoot": False}, {}, image, user) == User(kind, says)


@pytest.mark.parametrize(
    ("own", "pod", "kind"),
    [
        ({}, {}, Kind.UNKNOWN),
        ({"runAsUser": 0}, {"runAsUser": 0}, Kind.UNKNOWN),
        ({}, {"windowsOptions": {"runAsUserName": "ContainerAdministrator"}}, Kind.ROOT),
        (
            {"windowsOptions": {"runAsUserName": "ContainerUser"}},
            {"windowsOptions": {"runAsUserName": "ContainerAdministrator"}},
            Kind.NON_ROOT,
        ),
        ({"windowsOptions": {}}, {"windowsOptions": {"runAsUserName": "app"}}, Kind.NON_ROOT),
    ],
)
def test_on_windows_the_administrator_is_what_root_is(
    own: dict[str, Any], pod: dict[str, Any], kind: Kind
) -> None:
    """Numbers mean nothing there; the name of the container goes before the pod's."""
    spec = {"os": {"name": "windows"}, "securityContext": pod}
    assert _user(own, spec, "nginx:1.29", "0").kind is kind
