"""procMount_restricted: what baseline relaxed stays forbidden here."""

from k8sharden.analysis.pod_security.controls.proc_mount_restricted import CONTROL
from tests.analysis.pod_security.pods import said, web


def test_user_namespaces_do_not_relax_it() -> None:
    """Since 1.35 it holds also where `hostUsers` is false."""
    spec = {**web(procMount="Unmasked"), "hostUsers": False}
    assert said(CONTROL, spec, 35) == (
        'procMount (container "web" must not set securityContext.procMount to "Unmasked")'
    )


def test_the_default_is_admitted() -> None:
    """As at baseline."""
    assert said(CONTROL, web(procMount="Default")) == ""


def test_it_is_as_old_as_1_35() -> None:
    """Before, the baseline control spoke for both levels."""
    assert said(CONTROL, web(procMount="Unmasked"), 34) == ""
