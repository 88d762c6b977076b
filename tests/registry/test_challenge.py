"""What registries write in WWW-Authenticate, rightly and not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sharden.registry.challenge import Challenge, read


@pytest.mark.parametrize(
    ("header", "meaning"),
    [
        (
            'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="a:b:c,d"',
            Challenge(
                "bearer",
                "https://auth.docker.io/token",
                "registry.docker.io",
                "a:b:c,d",
            ),
        ),
        ('bearer Realm="https://a/" , Service=b', Challenge("bearer", "https://a/", "b")),
        ('Basic realm="a \\"quoted\\" name"', Challenge("basic", 'a "quoted" name')),
        ('Bearer realm="https://a/",error="invalid_token"', Challenge("bearer", "https://a/")),
        ('Bearer realm="one",realm="two"', Challenge("bearer", "one")),
        ('Bearer realm="never ends', Challenge("bearer")),
        ("Negotiate", Challenge("negotiate")),
        (
            'Basic realm="a", Bearer realm="https://a/",service=b',
            Challenge("bearer", "https://a/", "b"),
        ),
        ('Negotiate, Basic realm="a"', Challenge("basic", "a")),
        ("", Challenge("")),
    ],
)
def test_a_header_is_read(header: str, meaning: Challenge) -> None:
    """Quoted or not, in any case, with what is not known left out."""
    assert read(header) == meaning


@given(st.text(max_size=300))
def test_any_text_is_read(header: str) -> None:
    """Whatever a stranger sends there is an answer, and at once."""
    assert isinstance(read(f"Bearer {header}"), Challenge)
