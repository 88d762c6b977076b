"""Creating an object of each kind, most fields left out."""

from __future__ import annotations

from tests.contract.cases.manifests import MANIFESTS
from tests.contract.cases.steps import (
    Case,
    made,
)

CASES: tuple[Case, ...] = (*(made(kind, body) for kind, body in MANIFESTS),)
