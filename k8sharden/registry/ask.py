"""Ask the registries about images, side by side, and never longer than somebody wants to wait."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

import msgspec

from k8sharden.analysis.images import Image, parse_image
from k8sharden.cluster.interrupt import POLL, stop_if
from k8sharden.cluster.progress import Coalesced, Progress, Stopped, Tell
from k8sharden.model.facts import ImageFact
from k8sharden.model.text import one_line
from k8sharden.registry import documents as d
from k8sharden.registry.client import Registry
from k8sharden.registry.login import Login, find
from k8sharden.registry.wire import Trouble, Wire

WORKERS = 8
"""Images that are asked for at once."""
LONGEST = 60.0
"""Seconds after which an image is given up, whatever its registry is doing."""
RESOURCE = "images"
"""What progress is told of."""


def ask(
    references: Iterable[str],
    *,
    progress: Tell = lambda _: None,
    cancelled: Stopped = lambda: False,
    plain: Iterable[str] = (),
    find_login: Callable[[str], Login | None] = find,
    longest: float = LONGEST,
) -> dict[str, ImageFact]:
    """Return what the registries say of each reference, their refusals included.

    ``plain`` names registries that may be asked without TLS. Nothing raises for an image or a
    registry; `Cancelled` is raised within a tenth of a second.
    """
    ended = threading.Event()
    wire = Wire(plain=frozenset(plain), stopped=ended.is_set)
    asking = _Asking(wire, find_login, ended)
    waiting = deque(dict.fromkeys(references))
    total, tell = len(waiting), Coalesced(progress)
    found: dict[str, ImageFact] = {}
    under_way: dict[str, float] = {}
    answers: queue.Queue[ImageFact] = queue.Queue()
    try:
        while len(found) < total:
            stop_if(cancelled)
            while waiting and len(under_way) < WORKERS:
                under_way[waiting[0]] = time.monotonic()
                asking.start(waiting.popleft(), answers)
            for fact in _arrived(answers, under_way, longest):
                under_way.pop(fact.reference, None)
                found.setdefault(fact.reference, fact)
            tell(Progress(RESOURCE, len(found), total, finished=False))
    finally:
        ended.set()
    tell(Progress(RESOURCE, total, total, finished=True))
    return found


def _arrived(
    answers: "queue.Queue[ImageFact]", under_way: dict[str, float], longest: float
) -> list[ImageFact]:
    """Return the next answer, and the images that are given up by now."""
    late = [each for each, start in under_way.items() if time.monotonic() - start > longest]
    given_up = [_problem(each, f"it took more than {longest:g} s to answer") for each in late]
    try:
        return [answers.get(timeout=POLL), *given_up]
    except queue.Empty:
        return given_up


class _Asking:
    """Asks for one image at a time, each in a thread; a registry is shared by all of its images."""

    def __init__(
        self, wire: Wire, find_login: Callable[[str], Login | None], ended: threading.Event
    ) -> None:
        self._wire = wire
        self._find_login = find_login
        self._ended = ended
        self._registries: dict[str, Registry] = {}

    def start(self, reference: str, answers: "queue.Queue[ImageFact]") -> None:
        """Begin to ask for an image. Called from one thread."""
        image = parse_image(reference)
        if image is None or not image.domain:
            answers.put(ImageFact(reference, problem=f"{_shown(reference)} is no valid reference."))
            return
        registry = self._registries.get(image.domain)
        if registry is None:
            registry = Registry(image.domain, self._wire, self._find_login, sleep=self._ended.wait)
            self._registries[image.domain] = registry

        def run() -> None:
            answers.put(_answer(registry, reference, image))

        # A daemon thread that waits for a silent registry does not keep the program from ending.
        threading.Thread(target=run, daemon=True, name="registry").start()


def _answer(registry: Registry, reference: str, image: Image) -> ImageFact:
    try:
        return _fact(registry, reference, image)
    except (Trouble, d.Odd) as error:
        return _problem(reference, str(error))
    except Exception as error:  # noqa: BLE001 - one registry must not stop the others
        return _problem(reference, f"asking it failed here ({type(error).__name__}): report it")


def _fact(registry: Registry, reference: str, image: Image) -> ImageFact:
    wanted = image.digest or image.tag or "latest"
    manifest, digest = _manifest(registry, image.path, wanted, image.digest)
    fact = ImageFact(
        reference,
        digest,
        index=manifest.is_index,
        platforms=tuple(
            one_line(each.platform.name, 40) for each in manifest.images if each.platform
        ),
        manifests=tuple(each.digest for each in manifest.images),
    )
    try:
        return _complete(registry, image.path, fact, manifest)
    except Trouble:
        return fact  # Its digest is known all the same.


def _complete(registry: Registry, path: str, fact: ImageFact, manifest: d.Manifest) -> ImageFact:
    """Return the fact with what the image starts as, and where it runs, if it is the only one."""
    if manifest.is_index:
        chosen = manifest.preferred
        if chosen is None:
            return fact
        manifest, _ = _manifest(registry, path, chosen.digest, chosen.digest)
    platform, run = _config(registry, path, manifest)
    return msgspec.structs.replace(
        fact,
        platforms=fact.platforms if fact.index else (platform,),
        user=run.user or "",
        volumes=tuple(sorted(run.volumes or {})),
    )


def _manifest(registry: Registry, path: str, name: str, digest: str) -> tuple[d.Manifest, str]:
    answer = registry.get(path, f"manifests/{name}", accept=d.ACCEPT, most=d.MOST_MANIFEST)
    manifest = d.read_manifest(answer.body, answer.headers.get("content-type", ""))
    said = answer.headers.get("docker-content-digest", "")
    return manifest, d.verified(answer.body, digest, said)


def _config(registry: Registry, path: str, manifest: d.Manifest) -> tuple[str, d.RunConfig]:
    if manifest.config is None or not d.is_digest(manifest.config.digest):
        raise d.Odd("its index names another index, or no configuration")
    digest = manifest.config.digest
    answer = registry.get(path, f"blobs/{digest}", accept="*/*", most=d.MOST_CONFIG)
    d.verified(answer.body, digest)
    config = d.read_config(answer.body)
    return one_line(config.platform, 40), config.config or d.RunConfig()


def _problem(reference: str, why: str) -> ImageFact:
    image = parse_image(reference)
    who = one_line(image.domain, 100) if image else "The registry"
    return ImageFact(reference, problem=f"{who} was asked for {_shown(reference)}: {why}.")


def _shown(reference: str) -> str:
    return one_line(reference, 120)
