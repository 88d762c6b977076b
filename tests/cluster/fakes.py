"""A transport that answers as it is told, for what no real server can be brought to answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from k8sharden.cluster.api import Api
from k8sharden.cluster.collector import collect
from k8sharden.cluster.progress import Progress
from k8sharden.cluster.transport import Request, Response
from k8sharden.model import kinds
from k8sharden.model.inventory import Inventory, SourceKind

Answer = Response | Exception | Callable[[Request], Response]
Answers = Mapping[str, Answer | Sequence[Answer]]

KUBE_SYSTEM = {"metadata": {"name": "kube-system", "uid": "the-cluster"}}


def page(items: Any, token: str = "", remaining: int | None = None) -> Response:
    """A page of a list."""
    meta = {"continue": token} if token else {}
    counted = meta | ({"remainingItemCount": remaining} if remaining is not None else {})
    return Response(200, json.dumps({"metadata": counted, "items": items}).encode())


def refusal(status: int, reason: str, message: str = "no") -> Response:
    """A refusal as an API server words it."""
    body = {"kind": "Status", "reason": reason, "message": message}
    return Response(status, json.dumps(body).encode())


class Scripted:
    """A cluster whose lists are empty, but for the paths that were given answers.

    Several answers to one path are given one after the other; the last one stays.
    """

    server = "https://scripted.example"

    def __init__(self, answers: Answers | None = None) -> None:
        empty = {kind.path(): page([]) for kind in kinds.SCANNED}
        usual: dict[str, Answer | Sequence[Answer]] = {
            **empty,
            "/version": Response(200, b'{"gitVersion": "v1.36.2"}'),
            kinds.NAMESPACES.path(): page([KUBE_SYSTEM]),
        }
        given = usual | dict(answers or {})
        self._answers = {
            path: list(answer) if isinstance(answer, Sequence) else [answer]
            for path, answer in given.items()
        }
        self.requests: list[Request] = []

    fingerprint = "fake"

    def send(self, request: Request, *, timeout: float = 30.0) -> Response:  # noqa: ARG002 - the seam's
        """Answer as scripted; what is not scripted is not found."""
        self.requests.append(request)
        answers = self._answers.get(request.path, [refusal(404, "NotFound")])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else answer(request)


def scan(
    transport: Any,
    *,
    progress: Callable[[Progress], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    namespaces: Sequence[str] = (),
) -> Inventory:
    """Collect from a transport, at a fixed time."""
    return collect(
        Api(transport),
        SourceKind.CLUSTER,
        name="test",
        progress=progress,
        cancelled=cancelled,
        clock=lambda: 1_700_000_000.0,
        namespaces=namespaces,
    )
