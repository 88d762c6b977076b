"""The fix of a writable root filesystem: what it mounts, where, and what it says of its doubts."""

import re

from k8sharden.model.change import AddElement, Change, Named, NoChange, Patch, Risk, SetField
from remediations.runtime import rofs
from tests.remediations import harness
from tests.remediations.harness import Document

NAME = re.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def _deployment(*containers: Document, **spec: object) -> list[Document]:
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"template": {"spec": {"containers": list(containers), **spec}}},
        }
    ]


def _container(name: str = "web", image: str = "web:1", **fields: object) -> Document:
    return {"name": name, "image": image, **fields}


def _fixed(docs: list[Document]) -> tuple[Change, Document]:
    """Return the change and the pod spec after it."""
    change = harness.remedy(rofs.ITEM, docs)
    assert isinstance(change, Change)
    spec: Document = harness.applied(docs, [change])[0]["spec"]["template"]["spec"]
    return change, spec


def _mounts(container: Document) -> dict[str, str]:
    return {mount["mountPath"]: mount["name"] for mount in container.get("volumeMounts", ())}


def test_each_container_gets_volumes_of_its_own() -> None:
    """Root filesystems were never shared, so neither is the /tmp that stands in for them."""
    docs = _deployment(_container(), _container("side"), initContainers=[_container("migrate")])
    _, spec = _fixed(docs)
    containers = [*spec["initContainers"], *spec["containers"]]
    assert [_mounts(each) for each in containers] == [
        {"/tmp": "k8sharden-tmp-migrate"},
        {"/tmp": "k8sharden-tmp-web"},
        {"/tmp": "k8sharden-tmp-side"},
    ]
    assert [volume["name"] for volume in spec["volumes"]] == [
        "k8sharden-tmp-migrate",
        "k8sharden-tmp-web",
        "k8sharden-tmp-side",
    ]
    assert all(each["securityContext"]["readOnlyRootFilesystem"] is True for each in containers)


def test_edits_name_list_elements_and_never_their_place() -> None:
    """Somebody may add a container in the meantime: the edit still means the same one."""
    change, _ = _fixed(_deployment(_container()))
    template = ("spec", "template", "spec")
    web = (*template, "containers", Named("name", "web"))
    assert change.risk is Risk.RESTART
    assert change.writes == (
        Patch(
            change.writes[0].ref,
            (
                AddElement(
                    (*template, "volumes"), "name", {"name": "k8sharden-tmp-web", "emptyDir": {}}
                ),
                AddElement(
                    (*web, "volumeMounts"),
                    "mountPath",
                    {"name": "k8sharden-tmp-web", "mountPath": "/tmp"},
                ),
                SetField((*web, "securityContext", "readOnlyRootFilesystem"), True),  # noqa: FBT003
            ),
        ),
    )


def test_volume_names_are_labels_and_free() -> None:
    """Long container names, twin folders and names that are taken still end in valid volumes."""
    long = "a" * 63
    args = ["--data-dir=/data/x.y", "--cache-dir=/data/x-y", "--log-dir=/Data/" + "l" * 80]
    docs = _deployment(
        _container(long, args=args),
        _container("claimed", volumeMounts=[{"name": "k8sharden-tmp-web", "mountPath": "/claim"}]),
        _container(),
    )
    _, spec = _fixed(docs)
    names = [volume["name"] for volume in spec["volumes"]]
    assert len(set(names)) == len(names) == 6
    assert all(NAME.fullmatch(name) and len(name) <= 63 for name in names)
    assert "k8sharden-tmp-web" not in names


def test_a_known_image_gets_its_folders_and_no_doubts_but_one() -> None:
    """What nginx writes is documented; what its image keeps there is hidden all the same."""
    change, spec = _fixed(_deployment(_container(image="nginx:1.29")))
    assert set(_mounts(spec["containers"][0])) == {"/tmp", "/var/cache/nginx", "/var/run"}
    assert [warning for warning in change.warnings if "Needs testing" in warning] == []
    assert "/var/cache/nginx" in change.warnings[0]


def test_what_is_not_known_is_said_to_need_a_test() -> None:
    """Nobody sees from outside where a program writes, and the review says so."""
    change, spec = _fixed(_deployment(_container(command=["sh", "-c", "run > /app/log"])))
    assert set(_mounts(spec["containers"][0])) == {"/tmp"}
    assert [warning.startswith("Needs testing") for warning in change.warnings] == [True, True]
    assert "container web" in change.warnings[0]
    assert "/app/log" in change.warnings[1]


def test_what_is_mounted_stays_as_it_is() -> None:
    """A volume at /tmp is used, not replaced."""
    mounted = [{"name": "scratch", "mountPath": "/tmp"}]
    docs = _deployment(
        _container(volumeMounts=mounted), volumes=[{"name": "scratch", "emptyDir": {}}]
    )
    _, spec = _fixed(docs)
    assert spec["containers"][0]["volumeMounts"] == mounted
    assert spec["volumes"] == [{"name": "scratch", "emptyDir": {}}]


def test_a_pod_in_a_file_is_fixed_and_its_ephemeral_containers_are_not() -> None:
    """A live Pod is immutable, a file is not; ephemeral containers cannot be changed anywhere."""
    closed = {"readOnlyRootFilesystem": True}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "debug", "namespace": "shop"},
        "spec": {
            "containers": [_container()],
            "ephemeralContainers": [_container("debugger")],
        },
    }
    change = harness.remedy(rofs.ITEM, [pod], harness.FILES)
    assert isinstance(change, Change)
    assert isinstance(change.writes[0], Patch)
    assert {edit.path[1] for edit in change.writes[0].edits} == {"volumes", "containers"}
    pod["spec"] = {**pod["spec"], "containers": [_container(securityContext=closed)]}  # type: ignore[dict-item]
    answer = harness.remedy(rofs.ITEM, [pod], harness.FILES)
    assert isinstance(answer, NoChange)
    assert "ephemeral" in answer.reason
