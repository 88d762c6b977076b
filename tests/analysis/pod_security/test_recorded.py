"""What a real API server said of generated pods, held to on machines without one too."""

from k8sharden.analysis.pod_security import Level, reasons
from tests.analysis.pod_security.generated.compare import difference, minor, ours
from tests.analysis.pod_security.generated.mend import completed
from tests.analysis.pod_security.generated.pods import containers, generated
from tests.analysis.pod_security.generated.recorded import recorded, version

SERVER = minor("latest", version())


def test_every_verdict_is_the_recorded_one() -> None:
    """We refuse what the server refused, in its words."""
    wrong = [
        line
        for each in recorded()
        for level, refusal in each.refusals.items()
        if (line := difference(each.pod, refusal, level, SERVER))
    ]
    assert not wrong, "\n".join(wrong)


def test_older_versions_refuse_for_the_recorded_reasons() -> None:
    """Every version of the restricted level, so that no control appears or changes too early."""
    for each in recorded():
        for at in range(SERVER):
            said = reasons(ours(completed(each.pod), Level.RESTRICTED, at))
            assert said == each.reasons(at), f"{each.pod} at v1.{at}"


def test_what_is_recorded_is_worth_comparing() -> None:
    """Every control refuses some pod; every policy admits some and refuses some."""
    levels = {(level, bool(text)) for each in recorded() for level, text in each.refusals.items()}
    older = {(at, bool(each.reasons(at))) for each in recorded() for at in range(SERVER)}
    assert len(levels) == 2 * 2
    assert len(older) == 2 * SERVER
    seen = {
        found.control
        for each in recorded()
        for level in each.refusals
        for at in (0, SERVER - 2, SERVER)
        for found in ours(each.pod, level, at)
    }
    assert len(seen) == 19


def test_a_number_makes_the_same_pod() -> None:
    """A failure can be looked at again; and the next number makes another pod."""
    assert generated(7) == generated(7) != generated(8)


def test_containers_of_each_list_are_made() -> None:
    """Ephemeral ones too, and Windows pods, pods with user namespaces, annotations and all."""
    made = [generated(number) for number in range(300)]
    for field in ("initContainers", "ephemeralContainers", "os", "volumes", "hostUsers"):
        assert any(pod["spec"].get(field) for pod in made), field
    for field in ("ports", "lifecycle", "livenessProbe", "securityContext"):
        assert any(each.get(field) for pod in made for each in containers(pod)), field
    assert any(pod["metadata"].get("annotations") for pod in made)
