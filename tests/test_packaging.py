"""The archives that users install hold the three packages with their data, and nothing else."""

import ast
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from email.parser import Parser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("k8sharden", "remediations", "screens")
DATA = {".tcss", ".json", ".yaml", ".yml", ".typed"}


def _build(source: Path, target: Path, *kinds: str) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
    arguments = [str(target), *kinds, str(source)]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel as it is released: made from the source archive, which is made from here."""
    target = tmp_path_factory.mktemp("dist")
    _build(ROOT, target)
    return zipfile.ZipFile(next(target.glob("*.whl")))


def _contents(wheel: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the files of a wheel, without the record of their hashes."""
    names = [name for name in wheel.namelist() if not name.endswith("/RECORD")]
    return {name: wheel.read(name) for name in names}


def _info(wheel: zipfile.ZipFile, file: str) -> str:
    name = next(name for name in wheel.namelist() if name.endswith(f".dist-info/{file}"))
    return wheel.read(name).decode()


def test_the_wheel_holds_exactly_the_three_packages(wheel: zipfile.ZipFile) -> None:
    """A fourth folder at the top would be a package that anybody's code can collide with."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert len(tops) == len(PACKAGES) + 1


def test_the_wheel_holds_every_file_that_the_code_reads(wheel: zipfile.ZipFile) -> None:
    """Modules, styles, schemas, the training cluster and the marks of typing all arrive."""
    here = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in DATA | {".py"} or path.name == "py.typed"
    }
    shipped = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert shipped == here
    assert {f"{package}/py.typed" for package in PACKAGES} <= shipped


def test_every_screen_with_styles_brings_them(wheel: zipfile.ZipFile) -> None:
    """The app draws nothing without its styles; they lie beside the screens."""
    assert any(name.startswith("screens/") and name.endswith(".tcss") for name in wheel.namelist())


def test_the_wheel_is_the_same_from_the_archive_and_from_here(
    wheel: zipfile.ZipFile, tmp_path: Path
) -> None:
    """The source archive lacks nothing that the wheel needs."""
    _build(ROOT, tmp_path, "--wheel")
    direct = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    assert _contents(wheel) == _contents(direct)


def test_the_wheel_installs_one_command(wheel: zipfile.ZipFile) -> None:
    """`k8sharden` is the way in: a script, since `-m` would look into the current folder first."""
    parser = ConfigParser()
    parser.read_string(_info(wheel, "entry_points.txt"))
    assert dict(parser["console_scripts"]) == {"k8sharden": "k8sharden.cli:main"}
    assert not any(name.endswith("__main__.py") for name in wheel.namelist())


def test_the_wheel_says_its_licence_and_what_it_runs_on(wheel: zipfile.ZipFile) -> None:
    """Package indexes and installers read these words."""
    metadata = Parser().parsestr(_info(wheel, "METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Apache License" in _info(wheel, "licenses/LICENSE")


def test_what_is_imported_is_declared_and_the_other_way_round(wheel: zipfile.ZipFile) -> None:
    """What comes along with something else may one day not; what nobody imports is a burden."""
    metadata = Parser().parsestr(_info(wheel, "METADATA"))
    declared = {
        _plain(re.split(r"[ <>=!~;\[]", line)[0]) for line in metadata.get_all("Requires-Dist", [])
    }
    homes = packages_distributions()
    foreign = set(_imported()) - set(PACKAGES) - sys.stdlib_module_names
    imported = {_plain(home) for name in foreign for home in set(homes[name])}
    assert imported == declared


def _plain(name: str) -> str:
    return re.sub("[-_.]+", "-", name).lower()


def _imported() -> Iterator[str]:
    """Yield the top names of everything that the three packages import."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from (alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.split(".")[0]
