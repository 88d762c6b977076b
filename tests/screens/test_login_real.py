"""A real API server, opened by its address and a token that was entered in the app."""

from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest

from tests.cluster.test_tokens import InMemory
from tests.screens.driver import run
from tests.screens.test_contexts import empty_home, first_screen  # noqa: F401 - a fixture
from tests.servers.control_plane import ControlPlane

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A keyring and settings of its own; the machine's are put back."""
    monkeypatch.setenv("K8SHARDEN_CONFIG", str(tmp_path / "config.toml"))
    before = keyring.get_keyring()
    keyring.set_keyring(InMemory())
    yield
    keyring.set_keyring(before)


@pytest.mark.parametrize("good", [True, False], ids=["valid", "expired"])
def test_a_token_opens_a_real_server(
    control_plane: ControlPlane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, good: bool
) -> None:
    """With a valid token the overview fills; a wrong one is said, with what to do."""
    monkeypatch.setenv("SSL_CERT_FILE", str(control_plane.ca_file))
    token = control_plane.admin_token if good else "no-longer-valid"

    async def test() -> None:
        async with first_screen(tmp_path / "state") as driver:
            await driver.press("G", "enter")
            await driver.press(*control_plane.url, "enter", *token, "enter")
            if good:
                await driver.until(lambda: driver.app.desk.scan is not None, seconds=60)
                assert control_plane.url in driver.text
            else:
                await driver.until(lambda: driver.crumb == "ErrorScreen", seconds=60)
                assert "does not accept the credentials" in driver.text
                assert "Log in again" in driver.text

    run(test())
