"""Run the command line as a person would, in a process and a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "LANG", "K8SHARDEN_JOURNAL_KEY")
MAIN = "from k8sharden.cli import main; main()"


def environment(folder: Path) -> dict[str, str]:
    """Return what a process of somebody with an empty home is given."""
    return os.environ | {
        "HOME": str(folder),
        "K8SHARDEN_STATE": str(folder / "state"),
        "PYTHONPATH": str(ROOT),
    }


@dataclass(frozen=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return stdout, decoded."""
        return json.loads(self.out)

    def one_line(self, code: int) -> str:
        """Return the single line of an error; fail where there is a traceback or more than that."""
        assert self.code == code, self
        assert "Traceback" not in self.err
        assert self.err.startswith("k8sharden: ")
        assert len(self.err.splitlines()) == 1, self.err
        return self.err


class Person:
    """Somebody at a shell: a home, an environment, and no terminal."""

    def __init__(self, home: Path, **environment: str) -> None:
        self.home = home
        kept = {key: value for key, value in os.environ.items() if key in _KEPT}
        self.environment = {
            **kept,
            "HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "K8SHARDEN_STATE": str(home / "state"),
            **environment,
        }

    def __call__(
        self,
        *arguments: str,
        given: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Ran:
        """Run `k8sharden` with these arguments."""
        data = given.encode() if isinstance(given, str) else given
        done = subprocess.run(
            [sys.executable, "-c", MAIN, *arguments],
            input=data if data is not None else b"",
            capture_output=True,
            cwd=self.home,
            env={**self.environment, **(env or {})},
            timeout=120,
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def approve(self, *arguments: str) -> Ran:
        """Run a command that asks, learn the digest that it shows, and say yes to exactly that."""
        asked = self(*arguments)
        assert asked.code == 4, asked
        digest = next(word for word in asked.err.split() if word.startswith("sha256:"))
        return self(*arguments, "--yes", "--digest", digest)
