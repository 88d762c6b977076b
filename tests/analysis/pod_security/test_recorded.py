"""What a real API server said of generated pods, held to on machines without one too."""

from tests.analysis.pod_security.generated.compare import difference, minor, ours
from tests.analysis.pod_security.generated.pods import containers, generated
from tests.analysis.pod_security.generated.recorded import LEVELS, OLDER, recorded, version


def test_every_verdict_is_the_recorded_one() -> None:
    """We refuse what the server refused, in its words, at the policy's version."""
    wrong = [
        line
        for each in recorded()
        for (level, at), refusal in each.refusals.items()
        if (line := difference(each.pod, refusal, level, minor(at, version())))
    ]
    assert not wrong, "\n".join(wrong)


def test_what_is_recorded_is_worth_comparing() -> None:
    """Every control refuses some pod; every policy admits some and refuses some."""
    verdicts, seen = set(), set()
    for each in recorded():
        for (level, at), refusal in each.refusals.items():
            verdicts.add((level, at, bool(refusal)))
            seen |= {found.control for found in ours(each.pod, level, minor(at, version()))}
    policies = [(level, "latest") for level in LEVELS] + [(LEVELS[-1], each) for each in OLDER]
    assert verdicts == {(*policy, refused) for policy in policies for refused in (True, False)}
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
