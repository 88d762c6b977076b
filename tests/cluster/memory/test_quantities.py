"""Quantities are written as the API server writes them."""

from __future__ import annotations

import pytest

from k8sharden.cluster.memory.quantities import amount, canonical


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("0.5", "500m"),
        ("1", "1"),
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("1000", "1k"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1e3"),
        ("0", "0"),
        ("-1", "-1"),
        ("100u", "100u"),
        ("0.1Gi", "107374182400m"),
        ("1E3", "1E3"),
        ("12e4", "120e3"),
        (".5", "500m"),
        ("512", "512"),
    ],
)
def test_canonical_form(given: str, written: str) -> None:
    """Suffixes keep their family, and numbers lose their fraction."""
    assert canonical(given) == written
    assert amount(given) == amount(written)


@pytest.mark.parametrize("text", ["", "x", "1x", "1 Gi", "--1", "1e", "Gi"])
def test_what_is_no_quantity(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="quantities must match"):
        canonical(text)
