"""The repository stands on its own."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
BESIDE = "../" + "shared"


def test_nothing_but_ci_names_a_folder_beside_the_repository() -> None:
    """A clone elsewhere has no such folder; an environment variable tells tests where it is."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
    paths = [ROOT / name for name in names.decode().split("\0") if name]
    naming = {
        path.relative_to(ROOT).as_posix()
        for path in paths
        if path.is_file() and BESIDE.encode() in path.read_bytes()
    }
    assert naming == {".ci/run"}
