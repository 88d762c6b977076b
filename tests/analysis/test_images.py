"""Image references mean what they mean to the kubelet."""

import time

import pytest

from k8sharden.analysis.images import Image, parse_image, repository_digest

DIGEST = "sha256:" + "0123456789abcdef" * 4
OTHER = "sha256:" + "f" * 64

# Each was given to github.com/distribution/reference v0.6.0, ParseNormalizedNamed, as well.
MEANINGS = [
    ("nginx", Image("docker.io", "library/nginx")),
    ("nginx:1.29", Image("docker.io", "library/nginx", "1.29")),
    ("docker.io/nginx", Image("docker.io", "library/nginx")),
    ("index.docker.io/nginx", Image("docker.io", "library/nginx")),
    ("grafana/grafana", Image("docker.io", "grafana/grafana")),
    ("localhost/app", Image("localhost", "app")),
    ("localhost:5000/app", Image("localhost:5000", "app")),
    ("test.com:5000", Image("docker.io", "library/test.com", "5000")),
    ("Uppercase/app:Tag", Image("Uppercase", "app", "Tag")),
    ("[::1]:5000/app", Image("[::1]:5000", "app")),
    ("my_registry.local/app", Image("", "my_registry.local/app")),
    ("quay.io/a/b__c/d--e.f_g", Image("quay.io", "a/b__c/d--e.f_g")),
    (f"nginx@{DIGEST}", Image("docker.io", "library/nginx", "", DIGEST)),
    (f"nginx:1@{DIGEST}", Image("docker.io", "library/nginx", "1", DIGEST)),
    ("nginx@sha512:" + "a" * 128, Image("docker.io", "library/nginx", "", "sha512:" + "a" * 128)),
    ("nginx:" + "t" * 128, Image("docker.io", "library/nginx", "t" * 128)),
]


@pytest.mark.parametrize(("text", "image"), MEANINGS, ids=[text[:40] for text, _ in MEANINGS])
def test_a_name_means_what_runtimes_take_it_for(text: str, image: Image) -> None:
    """Short names are Docker Hub's, ports and tags are told apart, digests are kept whole."""
    assert parse_image(text) == image


REFUSED = [
    "",
    ":tag",
    f"@{DIGEST}",
    "Uppercase",
    "quay.io/Upper/case",
    "a" * 64,
    "nginx:",
    "nginx:-tag",
    "nginx:" + "t" * 129,
    "nginx\n",
    "nginx latest",
    "nginx@sha256:abc",
    "nginx@" + DIGEST.upper(),
    f"nginx@{DIGEST}@{DIGEST}",
    "nginx@md5:" + "a" * 32,
    "a..b",
    "a___b",
    "a//b",
    "-a",
    "quay.io/" + "a" * 256,
    "nginx:\u0661",
]


@pytest.mark.parametrize("text", REFUSED)
def test_what_a_runtime_refuses_has_no_meaning(text: str) -> None:
    """A reference that could not be pulled is not guessed at."""
    assert parse_image(text) is None


def test_two_names_of_one_repository_are_equal() -> None:
    """Docker Hub's repositories have several names; the repository is written out in full."""
    names = (
        "nginx",
        "library/nginx:1",
        f"docker.io/nginx@{DIGEST}",
        "index.docker.io/library/nginx",
    )
    assert {parsed.repository for name in names if (parsed := parse_image(name))} == {
        "docker.io/library/nginx"
    }
    odd = parse_image("my_registry.local/app")
    assert odd is not None
    assert odd.repository == "my_registry.local/app"


@pytest.mark.parametrize(
    ("image_id", "digest"),
    [
        (f"docker.io/library/nginx@{DIGEST}", DIGEST),
        (f"docker-pullable://nginx@{DIGEST}", DIGEST),
        (DIGEST, ""),
        (f"docker://{DIGEST}", ""),
        (DIGEST.removeprefix("sha256:"), ""),
        (f"quay.io/library/nginx@{DIGEST}", ""),
        (f"docker.io/grafana/nginx@{DIGEST}", ""),
        ("docker.io/library/nginx:1.29", ""),
        ("", ""),
        ("docker-pullable://", ""),
    ],
)
def test_only_a_digest_of_the_same_repository_counts(image_id: str, digest: str) -> None:
    """An image's own id, or the digest of a mirror, is nothing that this registry was asked for."""
    image = parse_image("nginx:1.29")
    assert image is not None
    assert repository_digest(image_id, image) == digest


@pytest.mark.parametrize(
    "text",
    ["a" * 5_000_000, "a-" * 500, "a" * 900 + "!", "a." * 500 + "/", "-" * 1_000, "a/" * 512],
)
def test_hostile_names_cost_next_to_nothing(text: str) -> None:
    """Whoever may create a pod chooses this text; a scan has thousands of them to read."""
    start = time.perf_counter()
    parse_image(text)
    assert time.perf_counter() - start < 0.05
