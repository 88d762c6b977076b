"""The fix of images that come from the wrong place: the same image, from what stands in for it."""

from collections.abc import Iterable, Iterator

from k8sharden.analysis.containers import Fix, path_of
from k8sharden.analysis.images import repository_digest
from k8sharden.analysis.pinning import ASK, statuses
from k8sharden.analysis.registries import allowed, image_of, moved
from k8sharden.analysis.system import is_system_namespace
from k8sharden.model.change import NoChange, SetImage
from k8sharden.model.inventory import Inventory
from k8sharden.model.pods import Container, Visited, visit_containers
from k8sharden.model.text import one_line
from k8sharden.model.workloads import Workload, pods_of, workloads


def questions(inventory: Inventory) -> tuple[str, ...]:
    """Return the references that registries are worth asking about, and where they would move.

    The cluster's own parts are nobody's to change, so that nobody is asked about them.
    """
    asked: dict[str, None] = {}
    for workload in workloads(inventory):
        if is_system_namespace(workload.namespace):
            continue
        for seen in visit_containers(workload.spec):
            image = image_of(seen.container.image, inventory)
            if image is None:
                continue
            asked[seen.container.image] = None
            if repository := moved(image, inventory.facts):
                asked[SetImage((), seen.container.image, repository=repository).value] = None
    return tuple(asked)


def relocated(
    inventory: Inventory, workload: Workload, containers: Iterable[Visited], otherwise: str
) -> Fix | NoChange:
    """Return what lets these containers pull from elsewhere, or why one of them cannot.

    ``otherwise`` says what to do where nothing stands in for a registry.
    """
    edits: list[SetImage] = []
    warnings: list[str] = []
    for seen in containers:
        if seen.is_ephemeral:
            continue
        edit = _edit(inventory, workload, seen, otherwise)
        if isinstance(edit, NoChange):
            return edit
        edits.append(edit)
        warnings += _doubts(inventory, workload, seen.container, edit)
    return Fix(
        f"Pull the images of {workload.ref.label} from elsewhere",
        tuple(edits),
        tuple(dict.fromkeys(warnings)),
        {f"image of {edit.before}": edit.value for edit in edits},
    )


def _edit(
    inventory: Inventory, workload: Workload, seen: Visited, otherwise: str
) -> SetImage | NoChange:
    reference = seen.container.image
    image = image_of(reference, inventory)
    repository = moved(image, inventory.facts) if image else ""
    if not repository:
        return NoChange(f"Nothing stands in for {one_line(reference, 120)}. {otherwise}")
    edit = SetImage(path_of(workload, seen, "image"), reference, repository=repository)
    shown = one_line(edit.value, 160)
    target = image_of(edit.value, inventory)
    if target is None:
        return NoChange(f"{shown} is no valid reference: correct images.mirrors in the settings.")
    if not allowed(target, inventory.facts):
        return NoChange(
            f"{shown} would stand in for it, and is not allowed either: name a mirror of it under "
            "images.mirrors in the settings."
        )
    asked = inventory.facts.images.get(edit.value)
    if asked is not None and asked.problem:
        return NoChange(f"{shown} would stand in for it. {asked.problem}")
    return edit


def _doubts(
    inventory: Inventory, workload: Workload, container: Container, edit: SetImage
) -> Iterator[str]:
    """Yield what nobody knows of the new place, or what speaks against it."""
    shown = one_line(edit.value, 160)
    fact = inventory.facts.image(edit.value)
    if fact is None:
        yield f"Needs testing: nobody asked whether {shown} is there. {ASK}"
    elif _is_another(inventory, workload, container, {fact.digest, *fact.manifests}):
        yield (
            f"Needs testing: {shown} is another image than the one that runs; somebody has to know "
            "why."
        )
    yield "Nodes have to reach the new registry, with a pull secret where it wants one."


def _is_another(
    inventory: Inventory, workload: Workload, container: Container, there: set[str]
) -> bool:
    image = image_of(container.image, inventory)
    if image is None or image.digest:
        return False  # A digest is the same image everywhere.
    pods = pods_of(inventory).get(workload.ref, ())
    ids = (status.image_id for pod in pods for status in statuses(pod, container))
    return bool({repository_digest(each, image) for each in ids} - {""} - there)
