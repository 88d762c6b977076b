"""The settings: every mistake is named with its line, and what is changed keeps the rest."""

from pathlib import Path

import pytest

from k8sharden.config import Config, ContextSettings, change, config_file, load
from k8sharden.errors import InputError

GOOD = """\
# mine
theme = "nord"   # calm
mouse = false

[keys]
"app.review" = "f5"

[contexts.prod]
production = true
read_only = true
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file of its own; it does not exist yet."""
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config" / "config.toml"))
    (tmp_path / "config").mkdir()
    return config_file()


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    """No file is no mistake."""
    assert not file.exists()
    assert load() == Config()


def test_a_file_is_read(file: Path) -> None:
    """Every setting arrives, and a context that is not named has none."""
    file.write_text(GOOD)
    config = load()
    assert (config.theme, config.mouse, config.animations) == ("nord", False, True)
    assert config.keys == {"app.review": "f5"}
    assert config.context("prod") == ContextSettings(read_only=True, production=True)
    assert config.context("other") == ContextSettings()


def test_registries_and_mirrors_are_read(file: Path) -> None:
    """A registry with its port, a folder in one, this machine, and an address of IPv6."""
    file.write_text(
        "[images]\n"
        "allowed_registries = ['a.example', 'b.example:5000/team/', 'localhost:5000', '[::1]']\n"
        "plain_http = ['registry:5000']\n"
        "[images.mirrors]\n"
        "'docker.io/library' = 'a.example/hub'\n"
    )
    images = load().images
    assert images.allowed_registries[1] == "b.example:5000/team/"
    assert len(images.allowed_registries) == 4
    assert images.plain_http == ("registry:5000",)
    assert images.mirrors == {"docker.io/library": "a.example/hub"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("mouse = tru\n", 1, "broken"),
        ("theme = 'x'\nmouse = 'no'\n", 2, "mouse must be true or false"),
        ("\ntehme = 'x'\n", 2, "Did you mean theme?"),
        ("zzz = 1\n", 1, "There are: theme, mouse"),
        ("[keys]\n'app.review' = 3\n", 2, "must be keys in quotes"),
        ("[contexts]\nprod = 1\n", 2, "must be a table"),
        ("[contexts.prod]\nreadonly = true\n", 2, "Did you mean read_only?"),
        ("[contexts.prod]\nread_only = 1\n", 2, "must be true or false"),
        ("contexts = 1\n", 1, "must be a table"),
        ("[images]\nalowed_registries = []\n", 2, "Did you mean allowed_registries?"),
        ("[images]\nallowed_registries = 'a.example'\n", 2, "must be a list"),
        ("\n[images]\nallowed_registries = [1]\n", 3, "which is no registry"),
        ("[images]\nallowed_registries = ['https://a.example']\n", 2, "'https://a.example', which"),
        ("[images]\nallowed_registries = ['a.example/x:1']\n", 2, "which is no registry"),
        ("[images]\nallowed_registries = ['library']\n", 2, "which is no registry"),
        ("[images]\nplain_http = ['a.example/team']\n", 2, "which is no registry"),
        ("[images.mirrors]\n'docker.io' = 3\n", 1, "which is no registry"),
        ("[images.mirrors]\n'hub' = 'a.example'\n", 1, "'hub', which is no registry"),
        ("[images.mirrors]\n'docker.io' = 'a.example/'\n'docker.io' = ''\n", 3, "broken"),
        ("theme = 'a'\ntheme = 'b'\n", 2, "broken"),
    ],
)
def test_a_mistake_is_named_with_its_line(file: Path, text: str, line: int, words: str) -> None:
    """The one line says file, line, setting, and what is allowed."""
    file.write_text(text)
    with pytest.raises(InputError) as raised:
        load()
    said = str(raised.value)
    assert f"config.toml:{line}: " in said
    assert words in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\xff\xfe", "no UTF-8"),
        (b"#" * 300_000, "larger than"),
        (b"a = " + b"[" * 5_000, "broken"),
        (b'"\\u001b[2J" = 1', "<U+001B>"),
    ],
)
def test_hostile_files_are_one_sentence(file: Path, data: bytes, words: str) -> None:
    """Whatever the file holds, the answer is a short line without control characters."""
    file.write_bytes(data)
    with pytest.raises(InputError) as raised:
        load()
    assert words in str(raised.value)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 800


def test_a_folder_instead_of_a_file_is_said(file: Path) -> None:
    """What cannot be read is named with the reason."""
    file.mkdir()
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        load()


def test_a_change_keeps_comments_and_the_rest(file: Path) -> None:
    """Only the value that was changed differs, and a new table is added."""
    file.write_text(GOOD)
    config = change(("theme",), "gruvbox")
    assert file.read_text() == GOOD.replace('"nord"', '"gruvbox"')
    assert config == load()
    assert change(("contexts", "dev eu", "production"), value=True).context("dev eu").production
    assert "# calm" in file.read_text()
    assert load().context("prod").read_only


def test_a_change_makes_the_file(file: Path) -> None:
    """The first change creates the file and its folder, and leaves nothing beside it."""
    file.parent.rmdir()
    change(("mouse",), value=False)
    assert file.read_text() == "mouse = false\n"
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


def test_a_broken_file_is_not_written_over(file: Path) -> None:
    """What somebody wrote by hand stays as it is until it is mended."""
    file.write_text("mouse = tru\n")
    with pytest.raises(InputError, match="broken"):
        change(("mouse",), value=False)
    assert file.read_text() == "mouse = tru\n"


def test_what_is_not_allowed_is_not_written(file: Path) -> None:
    """A value that could not be read again is refused before anything is written."""
    with pytest.raises(InputError, match="must be true or false"):
        change(("mouse",), "no")
    assert not file.exists()


def test_a_link_is_followed(file: Path, tmp_path: Path) -> None:
    """A settings file that is linked from a folder of dotfiles stays a link."""
    real = tmp_path / "dotfiles.toml"
    real.write_text(GOOD)
    real.chmod(0o640)
    file.symlink_to(real)
    change(("mouse",), value=True)
    assert file.is_symlink()
    assert "mouse = true" in real.read_text()
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_cannot_be_written_is_said(file: Path) -> None:
    """The sentence names the file and the reason."""
    file.parent.rmdir()
    file.parent.write_text("in the way")
    with pytest.raises(InputError, match="cannot be"):
        change(("mouse",), value=False)
