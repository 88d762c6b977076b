"""seLinuxOptions: type, user and role."""

import pytest

from k8sharden.analysis.pod_security.controls.selinux_options import ALLOWED_1_0, CONTROL
from tests.analysis.pod_security.pods import Json, said, web


def test_another_type_is_refused() -> None:
    """A type that is not made for containers."""
    assert said(CONTROL, web(seLinuxOptions={"type": "spc_t"}), 0) == (
        'seLinuxOptions (container "web" set forbidden securityContext.seLinuxOptions: '
        'type "spc_t")'
    )


@pytest.mark.parametrize("field", ["user", "role"])
def test_user_and_role_are_refused(field: str) -> None:
    """Whatever their value, which is not told."""
    spec = web(seLinuxOptions={field: "sysadm"})
    assert said(CONTROL, spec).endswith(f"seLinuxOptions: {field} may not be set)")


def test_pod_and_container_are_told_together() -> None:
    """Types of both come sorted, then user and role."""
    spec = {
        **web(seLinuxOptions={"type": "b_t", "role": "r"}),
        "securityContext": {"seLinuxOptions": {"type": "a_t", "user": "u"}},
    }
    assert said(CONTROL, spec) == (
        'seLinuxOptions (pod and container "web" set forbidden securityContext.seLinuxOptions: '
        'types "a_t", "b_t"; user may not be set; role may not be set)'
    )


@pytest.mark.parametrize("options", [None, {}, {"type": "", "user": "", "role": None}])
def test_empty_options_are_admitted(options: Json | None) -> None:
    """Empty, null and undefined mean the same."""
    assert said(CONTROL, web(seLinuxOptions=options)) == ""


def test_types_for_containers_and_any_level_are_admitted() -> None:
    """The level, which separates pods from each other, is free."""
    for name in ALLOWED_1_0:
        assert said(CONTROL, web(seLinuxOptions={"type": name, "level": "s0:c1,c2"}), 0) == ""


def test_container_engines_are_admitted_since_1_31() -> None:
    """The type for engines in containers came later."""
    spec = web(seLinuxOptions={"type": "container_engine_t"})
    assert said(CONTROL, spec, 30) != ""
    assert said(CONTROL, spec, 31) == ""
