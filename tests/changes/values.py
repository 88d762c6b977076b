"""Objects and random edits that the tests of changes share."""

import copy
from typing import Any

from hypothesis import strategies as st

from k8sharden.model.change import AddElement, Edit, Named, Patch, Path, SetField
from k8sharden.model.ref import Ref

WEB = Ref("apps/v1", "Deployment", "shop", "web")
SPEC: Path = ("spec", "template", "spec")
CONTAINER: Path = (*SPEC, "containers", Named("name", "web"))

_DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "web",
        "namespace": "shop",
        "uid": "11111111-1111-1111-1111-111111111111",
        "resourceVersion": "7",
        "annotations": {"team/owner": "shop"},
    },
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {"name": "side", "image": "side:1"},
                    {
                        "name": "web",
                        "image": "web:1",
                        "securityContext": {"runAsUser": 1000},
                        "env": [{"name": "A", "value": "1"}],
                    },
                ]
            },
        },
    },
}


def deployment() -> dict[str, Any]:
    """Return a Deployment as a server would return it."""
    return copy.deepcopy(_DEPLOYMENT)


def patch(*edits: Edit) -> Patch:
    """Return a patch of the Deployment."""
    return Patch(WEB, edits)


_names = st.sampled_from(["a", "b", "c/d", "e~f", "runAsUser"])
_values = st.sampled_from([True, False, 0, 7, "x", "", {"k": "v"}, ["l"]])
_parents = st.sampled_from(
    [
        SPEC,
        CONTAINER,
        (*CONTAINER, "securityContext"),
        (*CONTAINER, "securityContext", "capabilities"),
        (*SPEC, "securityContext"),
        ("metadata", "labels"),
        ("metadata", "annotations"),
    ]
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Edit, ...]:
    """Draw edits that do not clash: fields set in many places, elements added to lists."""
    made: dict[Path, Edit] = {}
    for _ in range(draw(st.integers(1, 5))):
        path = (*draw(_parents), f"z{draw(_names)}")
        made[path] = SetField(path, draw(_values))
    for number in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from([(*SPEC, "volumes"), (*CONTAINER, "volumeMounts")]))
        made[*place, str(number)] = AddElement(place, "name", {"name": f"v{number}", "x": {}})
    return tuple(made.values())
