"""What an apply did not begin, as with `--no-wait`: the command that does it is said."""

import shlex
import time
from pathlib import Path

import pytest

from tests.cli.here import Here


def rest(err: str) -> list[str]:
    """Return the command for the rest that was printed, without the program's name."""
    (line,) = (line for line in err.splitlines() if "not begun. For the rest" in line)
    return shlex.split(line.partition(": k8sharden ")[2])


def wait_for_rollouts(person: Here) -> None:
    """Wait until all that runs in office meets the level that its templates meet."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = person("levels", "--demo").out.splitlines()
        row = next(line.split() for line in found if line.startswith("office "))
        if row[2] == "restricted":
            return
        time.sleep(0.2)
    raise AssertionError(row)


def test_what_waits_for_rollouts_is_left_with_the_command_for_it(tmp_path: Path) -> None:
    """Done in part is 5; the command that is named does the rest once they are done: that is 0."""
    person = Here(tmp_path)
    chosen = ("--demo", "--namespace", "office")
    owners = ("helm/wiki", "argocd/intranet", "flux/office")
    owned = [word for owner in owners for word in ("--override-owner", owner)]
    first = person.approve("apply", *chosen, *owned, "--no-wait")
    assert first.code == 5, first.err
    assert "1 change was not begun. For the rest, once the rollouts are done: " in first.err
    words = rest(first.err)
    assert words[:3] == ["apply", "--namespace", "office"]
    wait_for_rollouts(person)
    then = person.approve(*words)
    assert then.code == 0, then.err
    assert "not begun" not in then.err


def test_after_a_failure_the_rest_is_named_without_what_failed(tmp_path: Path) -> None:
    """What was taken back by itself stands in no command that goes on: it would fail again."""
    person = Here(tmp_path)
    chosen = ("--demo", "--namespace", "shop", "--check", "rt-rofs")
    failed = person.approve("apply", *chosen, "--auto-undo", "-o", "json")
    assert failed.code == 5, failed.err
    changes = failed.json()["changes"]
    results = [change["result"] for change in changes]
    assert "undone" in results
    left = [f for c in changes if c["result"] == "skipped" for f in c["findings"] if f]
    assert left
    words = rest(failed.err)
    gone = {f for c in changes if c["result"] == "undone" for f in c["findings"]}
    assert not gone & set(words)
    assert person(*words).code == 4


@pytest.mark.parametrize("command", [("apply",), ("journal", "undo", "00000000")])
def test_what_nobody_watches_cannot_be_taken_back_by_itself(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """`--auto-undo` beside `--no-wait` would promise what never happens: it is refused at once."""
    refused = Here(tmp_path)(*command, "--demo", "--auto-undo", "--no-wait")
    assert refused.code == 2
    assert "--auto-undo needs to see the rollouts: leave out --no-wait" in refused.err
