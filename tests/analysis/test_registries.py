"""Registries that are allowed, dead, or stood in for."""

import pytest

from k8sharden.analysis.images import Image, parse_image
from k8sharden.analysis.registries import allowed, dead, moved, place_of
from k8sharden.model.facts import Facts

MIRRORS = {
    "docker.io": "mirror.example/hub",
    "docker.io/library/": "mirror.example/official/",
    "index.docker.io/grafana": "mirror.example/grafana",
    "registry.k8s.io": "mirror.example/k8s",
}


def image(text: str) -> Image:
    """Parse a reference that is one."""
    found = parse_image(text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "entries", "yes"),
    [
        ("nginx", (), True),
        ("nginx", ("docker.io",), True),
        ("nginx", ("index.docker.io/library",), True),
        ("nginx", ("registry-1.docker.io",), True),
        ("nginx", ("quay.io",), False),
        ("quay.io/team/app:1", ("quay.io/team/",), True),
        ("quay.io/team/app:1", ("quay.io/team/app",), True),
        ("quay.io/teammates/app:1", ("quay.io/team",), False),
        ("quay.io.evil.example/team/app", ("quay.io",), False),
        ("quay.io:8443/team/app", ("quay.io",), False),
        ("localhost:5000/app", ("quay.io", "localhost:5000"), True),
        ("[2001:db8::1]:5000/app", ("[2001:db8::1]:5000",), True),
    ],
)
def test_an_entry_allows_what_lies_below_it(name: str, entries: tuple[str, ...], yes: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """A registry, a folder or one repository: never a name that only begins alike."""
    assert allowed(image(name), Facts(allowed_registries=entries)) is yes


@pytest.mark.parametrize(
    ("name", "successor"),
    [
        ("k8s.gcr.io/pause:3.9", "registry.k8s.io/pause"),
        ("gcr.io/google_containers/pause:3.0", "registry.k8s.io/pause"),
        ("gcr.io/google-containers/pause:3.0", "registry.k8s.io/pause"),
        (
            "gcr.io/kubebuilder/kube-rbac-proxy:v0.15.0",
            "registry.k8s.io/kubebuilder/kube-rbac-proxy",
        ),
        ("docker.pkg.github.com/o/r/i:1", ""),
        ("bitnamilegacy/redis", ""),
        ("bitnami/redis:7.2", ""),
        (f"bitnami/redis@sha256:{'a' * 64}", ""),
    ],
)
def test_what_was_given_up_is_known_with_what_took_over(name: str, successor: str) -> None:
    """Only where the names stayed the same is there somewhere to go."""
    assert dead(image(name)) is not None
    assert moved(image(name), Facts()) == successor


@pytest.mark.parametrize(
    "name",
    ["registry.k8s.io/pause:3.10", "gcr.io/my-project/app:1", "bitnami/redis",
     "bitnami/redis:latest",
     "k8s.gcr.io.example/pause:1", "ghcr.io/o/r:1"],
)  # fmt: skip
def test_what_lives_is_left_in_peace(name: str) -> None:
    """Neither the successors nor what only looks alike."""
    assert dead(image(name)) is None


@pytest.mark.parametrize(
    ("name", "mirror"),
    [
        ("grafana/loki:3", "mirror.example/grafana/loki"),
        ("nginx", "mirror.example/official/nginx"),
        ("somebody/tool:1", "mirror.example/hub/somebody/tool"),
        ("k8s.gcr.io/pause:3.9", "mirror.example/k8s/pause"),
        ("quay.io/a/b", ""),
        ("mirror.example/hub/a/b", ""),
    ],
)
def test_the_longest_name_in_the_map_decides(name: str, mirror: str) -> None:
    """A folder's own mirror goes before its registry's, and a mirror of a successor counts, too."""
    assert moved(image(name), Facts(mirrors=MIRRORS)) == mirror


def test_a_mirror_inside_of_what_it_mirrors_is_where_it_is() -> None:
    """What is pulled from the mirror already is not moved once more, into itself."""
    facts = Facts(mirrors={"registry.example": "registry.example/cache"})
    assert moved(image("registry.example/a:1"), facts) == "registry.example/cache/a"
    assert moved(image("registry.example/cache/a:1"), facts) == ""


def test_docker_hub_has_one_name() -> None:
    """Its old names, a slash behind and space around it change nothing."""
    names = ("docker.io", " index.docker.io/ ", "registry-1.docker.io", "registry.hub.docker.com")
    assert {place_of(name) for name in names} == {"docker.io"}
