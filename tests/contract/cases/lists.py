"""Lists with selectors, and bad questions to them."""

from __future__ import annotations

from tests.contract.cases.steps import (
    Case,
    get,
    post,
)
from tests.contract.clusters import config_map

CASES: tuple[Case, ...] = (
    Case(
        "lists",
        (
            *(
                post(
                    "configmaps", config_map(name) | {"metadata": {"name": name, "labels": labels}}
                )
                for name, labels in (("a", {"x": "1"}), ("b", {"x": "2", "y": ""}), ("c", None))
            ),
            *(
                get("configmaps", "", **query)
                for query in (
                    {},
                    {"limit": "-1"},
                    {"limit": "x"},
                    {"limit": "9"},
                    {"continue": "x"},
                    {"continue": "e30"},
                    {"labelSelector": "x=1"},
                    {"labelSelector": "x!=1"},
                    {"labelSelector": "!x"},
                    {"labelSelector": "x in (1, 2),y"},
                    {"labelSelector": "x notin (1)"},
                    {"labelSelector": "x=="},
                    {"fieldSelector": "metadata.name=b"},
                    {"fieldSelector": "metadata.name!=b"},
                )
            ),
        ),
        sentences=False,
    ),
    Case("lists: odd field", (get("configmaps", "", fieldSelector="spec.foo=a"),)),
)
