"""Where logs are read from: files, folders, compressed ones, the standard input."""

import gzip
import io
from pathlib import Path

import msgspec
import pytest

from k8sharden.cluster.progress import Progress
from k8sharden.errors import Cancelled, InputError
from k8sharden.evidence.read import read_logs
from k8sharden.evidence.words import told
from k8sharden.model.usage import Usage
from tests.evidence.events import line

GET, LIST = line(), line(verb="list")


def read(*paths: Path | str, stdin: bytes = b"") -> Usage:
    """Read these files."""
    return read_logs([str(path) for path in paths], io.BytesIO(stdin))


def verbs(usage: Usage) -> set[str]:
    """Return the verbs that were used."""
    return {use.verb for use in usage.uses}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of rotated logs, one of them compressed, with other files beside them."""
    (tmp_path / "audit.log").write_bytes(GET)
    with gzip.open(tmp_path / "audit-2026-11-15T08-00-00.000.log.gz", "wb") as file:
        file.write(LIST)
    (tmp_path / "audit.log.1").write_bytes(line(verb="patch"))
    deeper = tmp_path / "y=2026" / "m=11"
    deeper.mkdir(parents=True)
    (deeper / "PT1H.json").write_bytes(line(verb="delete"))
    (tmp_path / "notes.md").write_text("no log")
    (tmp_path / ".audit.log.swp").write_bytes(b"\0\1")
    return tmp_path


def test_a_folder_is_read_with_what_was_rotated(folder: Path) -> None:
    """Compressed ones too, and folders in it; what is not called like a log is left alone."""
    usage = read(folder)
    assert verbs(usage) == {"get", "list", "patch", "delete"}
    assert len(usage.reading.files) == 4
    assert not usage.reading.malformed


def test_several_files_are_one_log_and_each_is_read_once(folder: Path) -> None:
    """Also where one is named twice, or stands in a folder that is named as well."""
    usage = read(folder / "audit.log", folder / "audit.log", folder)
    assert sum(use.allowed for use in usage.uses if use.verb == "get") == 1
    assert usage.reading.events == 4


@pytest.mark.parametrize("packed", [False, True])
def test_the_standard_input_is_read_as_it_comes(*, packed: bool) -> None:
    """Compressed or not: its first bytes say so."""
    text = GET + LIST
    assert verbs(read("-", stdin=gzip.compress(text) if packed else text)) == {"get", "list"}


def test_a_compressed_file_may_have_several_parts(tmp_path: Path) -> None:
    """As concatenated ones have, with zeros that fill a block behind the last."""
    file = tmp_path / "audit.log.gz"
    file.write_bytes(gzip.compress(GET) + gzip.compress(LIST) + b"\0" * 512)
    usage = read(file)
    assert verbs(usage) == {"get", "list"}
    assert not usage.reading.broken


@pytest.mark.parametrize("damage", ["cut", "overwritten"])
def test_a_damaged_file_is_read_up_to_the_damage(tmp_path: Path, damage: str) -> None:
    """And named; the files beside it are read."""
    bodies = b"".join(line(auditID=f"{n:032x}{n * 7919 % 1000003}") for n in range(20_000))
    packed = bytearray(gzip.compress(bodies))
    half = len(packed) // 2
    if damage == "cut":
        del packed[half:]
    else:
        packed[half : half + 64] = b"\xff" * 64
    (tmp_path / "a.log.gz").write_bytes(packed)
    (tmp_path / "b.log").write_bytes(LIST)
    usage = read(tmp_path)
    assert verbs(usage) == {"get", "list"}
    assert usage.reading.broken == (str(tmp_path / "a.log.gz"),)
    assert 1 < usage.reading.events < 20_001
    assert "Not read to the end: " in told(usage)[1]


@pytest.mark.parametrize("text", [b"", b"hello\n", b'{"a":1}\n'])
def test_a_file_without_an_event_is_refused(tmp_path: Path, text: bytes) -> None:
    """With what to give instead; beside others in a folder it does not matter."""
    file = tmp_path / "other.log"
    file.write_bytes(text)
    with pytest.raises(InputError, match=r"holds no event .* Give the file that .*audit-log-path"):
        read(file)
    with pytest.raises(InputError, match="holds no event"):
        read(tmp_path)
    (tmp_path / "audit.log").write_bytes(GET)
    assert verbs(read(tmp_path)) == {"get"}


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is a folder without a log."""
    with pytest.raises(InputError, match=r"gone.log cannot be read .* No such file"):
        read(tmp_path / "gone.log")
    with pytest.raises(InputError, match="called like a log"):
        read(tmp_path)


def test_a_file_that_was_rotated_away_meanwhile_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others of its folder are read; one that was named itself is an error."""
    gone, opened = folder / "audit.log.1", Path.open

    def vanished(path: Path, mode: str) -> object:
        if path == gone:
            raise FileNotFoundError(2, "No such file or directory")
        return opened(path, mode)

    monkeypatch.setattr(Path, "open", vanished)
    usage = read(folder)
    assert verbs(usage) == {"get", "list", "delete"}
    assert usage.reading.broken == (str(gone),)
    with pytest.raises(InputError, match="cannot be read"):
        read(gone)


def test_progress_is_told_in_bytes_of_the_files(folder: Path) -> None:
    """With their sum, and an end."""
    steps: list[Progress] = []
    read_logs([str(folder)], io.BytesIO(), steps.append)
    total = sum(path.stat().st_size for path in map(Path, read(folder).reading.files))
    assert steps[-1] == Progress("audit log", total, total, finished=True, unit="bytes")
    assert steps[0].said(12_400_000) == "12 MB"


def test_reading_can_be_stopped(folder: Path) -> None:
    """Between two chunks."""
    with pytest.raises(Cancelled):
        read_logs([str(folder)], io.BytesIO(), cancelled=lambda: True)


def test_usage_is_a_value_that_can_be_kept() -> None:
    """It is written and read as JSON without a loss."""
    usage = read("-", stdin=GET + LIST)
    assert msgspec.json.decode(msgspec.json.encode(usage), type=Usage) == usage
    assert usage.of(usage.uses[0].user) == usage.uses
