"""The app on a training cluster that takes its time, for tests that meet it in the middle.

`python -m tests.e2e.slow STATE SCAN WRITE`: seconds for a scan, and for each write.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from k8sharden.cluster.interrupt import stop_if
from k8sharden.cluster.progress import Progress
from k8sharden.cluster.transport import Request, Response
from k8sharden.model.inventory import Inventory
from k8sharden.places.training import TrainingPlace
from screens.app import run_app


class SlowPlace(TrainingPlace):
    """A training cluster behind a slow line."""

    def __init__(self, state: Path, scan: float, write: float) -> None:
        super().__init__(state)
        self._scan = scan
        inner = self._api.transport
        send = inner.send

        def slow(request: Request, **options: Any) -> Response:
            if request.method != "GET" and "dryRun" not in str(request):
                time.sleep(write)
            return send(request, **options)

        inner.send = slow  # type: ignore[method-assign]

    def collect(
        self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Inventory:
        """Wait first, as long as nobody cancels."""
        end = time.monotonic() + self._scan
        while time.monotonic() < end:
            stop_if(cancelled)
            time.sleep(0.02)
        return super().collect(progress, cancelled)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    run_app(folder, way=lambda: SlowPlace(folder, float(sys.argv[2]), float(sys.argv[3])))
