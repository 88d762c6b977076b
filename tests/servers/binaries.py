"""Finds the Kubernetes servers that the tests run, and builds them where there is only Go.

`KUBEBUILDER_ASSETS`, the convention of the ecosystem, comes first. Without it the Go module beside
this file is built once per machine. `python -m tests.servers.binaries` does that ahead of time.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

MODULE = Path(__file__).parent / "module"
REGISTRY_MODULE = Path(__file__).parent / "registry"
REGISTRY = "k8s-test-registry"
MULTI_CALL = "k8s-test-servers"
CONTROLLERS = "kube-controller-manager"
REQUIRED = ("kube-apiserver", "etcd", "kubectl")
VERSION_PACKAGES = ("k8s.io/client-go/pkg/version", "k8s.io/component-base/version")
LINES_OF_ERROR = 20
PACKAGES_PER_PROGRESS_LINE = 200


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder that holds the servers and kubectl under their own names."""

    folder: Path

    def path(self, name: str) -> Path:
        """The program of that name."""
        return self.folder / name

    @property
    def has_controllers(self) -> bool:
        """Whether the controller manager is there: the usual assets come without it."""
        return self.path(CONTROLLERS).exists()


class BuildError(Exception):
    """The servers could not be built; the message says why."""


@functools.cache
def find() -> Binaries | str:
    """The binaries, built if need be, or one clause that says why there are none."""
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if assets:
        return _from_assets(Path(assets).resolve())
    if shutil.which("go") is None:
        return "neither Go nor KUBEBUILDER_ASSETS was found to run a real API server with"
    try:
        return Binaries(_built())
    except BuildError as error:
        return str(error)


def _from_assets(folder: Path) -> Binaries | str:
    missing = [name for name in REQUIRED if not (folder / name).exists()]
    if missing:
        return f"KUBEBUILDER_ASSETS={folder} lacks {', '.join(missing)}"
    return Binaries(folder)


@functools.cache
def find_registry() -> Path | str:
    """The real registry, built if need be, or one clause that says why there is none."""
    if shutil.which("go") is None:
        return "no Go was found to build a real registry with"
    try:
        target = _cache() / _key("registry", REGISTRY_MODULE)
        with _locked(target.with_suffix(".lock")):
            if not target.exists():
                _build_registry(target)
    except BuildError as error:
        return str(error)
    return target / REGISTRY


def _build_registry(target: Path) -> None:
    _say("building the registry for the tests, once: this takes a minute")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as scratch:
        folder = Path(scratch) / "bin"
        folder.mkdir()
        flags = ["-p", "2", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w"]
        output = str(folder / REGISTRY)
        _watch(["go", "build", "-v", *flags, "-o", output, "."], REGISTRY_MODULE)
        folder.rename(target)


def _built() -> Path:
    target = _cache() / _key("servers", MODULE)
    if target.exists():
        return target
    with _locked(target.with_suffix(".lock")):
        if not target.exists():  # another process may have built it while this one waited
            _build(target)
    return target


def _cache() -> Path:
    chosen = os.environ.get("K8SHARDEN_TEST_CACHE")
    folder = Path(chosen) if chosen else platformdirs.user_cache_path("k8sharden-tests")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _key(what: str, module: Path) -> str:
    digest = hashlib.sha256(_go("version", module=module).encode())
    for name in ("main.go", "go.mod", "go.sum"):
        digest.update((module / name).read_bytes())
    return f"{what}-{digest.hexdigest()[:16]}"


def _go(*arguments: str, module: Path) -> str:
    done = subprocess.run(
        ["go", *arguments],
        cwd=module,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BuildError(f"go {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout


def _environment() -> dict[str, str]:
    # Without cgo no C compiler is needed and the binary runs on any distribution. A workspace or
    # flags of the developer's own would build something else than go.sum describes.
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "-mod=readonly"}


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield  # closing the file releases the lock, also when the process is killed


def _build(target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="building-") as scratch:
        folder = Path(scratch) / "bin"
        folder.mkdir()
        _compile(folder / MULTI_CALL)
        for name in (*REQUIRED, CONTROLLERS):
            (folder / name).symlink_to(MULTI_CALL)
        folder.rename(target)


def _compile(output: Path) -> None:
    _say("building the Kubernetes servers for the tests, once: this takes minutes")
    started = time.monotonic()
    _watch(["go", "build", "-v", *_build_flags(), "-o", str(output), "."], MODULE)
    size = output.stat().st_size / 1e6
    _say(f"built in {time.monotonic() - started:.0f} s, {size:.0f} MB")


def _build_flags() -> list[str]:
    # Two compilers at once: each takes up to a gigabyte, and most CI machines have two cores.
    parallel = min(2, os.cpu_count() or 1)
    return ["-p", str(parallel), "-trimpath", "-buildvcs=false", "-ldflags", _link_flags()]


def _link_flags() -> str:
    # Unset, the version reads v0.0.0-master, and checks that depend on it would be tested wrongly.
    major, minor, patch = kubernetes_version()
    values = {
        "gitVersion": f"v{major}.{minor}.{patch}",
        "gitMajor": major,
        "gitMinor": minor,
        "gitTreeState": "clean",
    }
    settings = [
        f"-X {p}.{name}={value}" for p in VERSION_PACKAGES for name, value in values.items()
    ]
    return " ".join(["-s", "-w", *settings])


def kubernetes_version() -> tuple[str, str, str]:
    """Major, minor and patch of the Kubernetes that the module builds."""
    found = re.search(r"k8s\.io/kubernetes v(\d+)\.(\d+)\.(\d+)\n", (MODULE / "go.mod").read_text())
    if found is None:
        raise BuildError("go.mod names no release of k8s.io/kubernetes")
    return found[1], found[2], found[3]


def _watch(command: list[str], module: Path) -> None:
    """Run a build whose every line is a package done or a part of an error."""
    tail: deque[str] = deque(maxlen=LINES_OF_ERROR)
    with subprocess.Popen(
        command, cwd=module, env=_environment(), stderr=subprocess.PIPE, text=True
    ) as build:
        assert build.stderr is not None
        for count, line in enumerate(build.stderr, start=1):
            tail.append(line)
            if count % PACKAGES_PER_PROGRESS_LINE == 0:
                _say(f"{count} packages built, at {line.strip()}")
    if build.returncode:
        raise BuildError(f"{module.name} could not be built:\n" + "".join(tail))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the progress of a command


def main() -> int:
    """Print where the servers are, or fail with the reason why there are none."""
    found, registry = find(), find_registry()
    for each in (found, registry):
        if isinstance(each, str):
            _say(each)
    if isinstance(found, str):
        return 1
    print(found.folder, registry, sep="\n")  # noqa: T201 - the answer of a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
