"""Plays the controller that fills the built-in roles `view`, `edit` and `admin`.

These are aggregated: an API server alone creates them empty, and whoever is bound to them has no
rights at all, which no real cluster shows.
"""

from __future__ import annotations

from typing import Any

from tests.servers.client import MERGE_PATCH, Request

PATH = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
# In this order each takes in the one before it.
AGGREGATED = ("view", "edit", "admin")


def fill(request: Request) -> None:
    """Give each aggregated role the rules of the roles that it selects."""
    for name in AGGREGATED:
        roles = request("GET", PATH).expect(200).json()["items"]
        rules = _selected_rules(roles, name)
        request("PATCH", f"{PATH}/{name}", {"rules": rules}, content_type=MERGE_PATCH).expect(200)


def are_filled(request: Request) -> bool:
    """Whether each aggregated role has rules."""
    found = (request("GET", f"{PATH}/{name}") for name in AGGREGATED)
    return all(answer.status == 200 and answer.json()["rules"] for answer in found)


def _selected_rules(roles: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    label = f"rbac.authorization.k8s.io/aggregate-to-{name}"
    selected = (role for role in roles if role["metadata"].get("labels", {}).get(label) == "true")
    return [rule for role in selected for rule in role["rules"] or []]
