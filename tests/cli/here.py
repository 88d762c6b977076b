"""Run the command line in this process, which saves each call its start."""

import contextlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from k8sharden.cli import run
from tests.e2e.run import Person, Ran


class Here(Person):
    """Somebody with a home and no terminal, as `Person`, whose commands run in this process."""

    def __init__(self, home: Path, **environment: str) -> None:
        super().__init__(home, **environment)
        self.environment.pop("PYTHONPATH")

    def __call__(
        self,
        *arguments: str,
        given: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run `k8sharden` with these arguments."""
        text = given.decode() if isinstance(given, bytes) else given or ""
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            mock.patch("sys.stdin", io.StringIO(text)),
            mock.patch.dict(os.environ, {**self.environment, **(env or {})}, clear=True),
        ):
            code = run(list(arguments))
        return Ran(code, out.getvalue(), err.getvalue())
