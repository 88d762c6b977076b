"""hostNamespaces: the node's network, processes and IPC."""

import pytest

from k8sharden.analysis.pod_security.controls.host_namespaces import CONTROL
from tests.analysis.pod_security.pods import said


@pytest.mark.parametrize("field", ["hostNetwork", "hostPID", "hostIPC"])
def test_each_namespace_is_refused(field: str) -> None:
    """Any one of the three is enough."""
    assert said(CONTROL, {field: True}, 0) == f"host namespaces ({field}=true)"


def test_all_are_listed_in_one_order() -> None:
    """Network comes before processes and IPC, however the pod orders them."""
    spec = {"hostIPC": True, "hostPID": True, "hostNetwork": True}
    assert said(CONTROL, spec) == "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)"


def test_false_and_null_are_admitted() -> None:
    """False, null and undefined mean the same."""
    assert said(CONTROL, {"hostNetwork": False, "hostPID": None}) == ""
