"""The app works with the evidence that it was started with."""

from pathlib import Path

import pytest

from k8sharden.cli.app import _evidence
from k8sharden.errors import InputError
from k8sharden.evidence.files import named
from k8sharden.places.training import TrainingPlace
from screens.app import HardeningApp
from screens.rooms import Rooms
from tests.evidence.events import line


def test_every_session_of_the_app_reads_the_log_that_was_given(tmp_path: Path) -> None:
    """Once for all of them; the commands that the app shows repeat it."""
    log = tmp_path / "audit.log"
    log.write_bytes(line(user={"username": "ada@kestrel.example"}))
    app = HardeningApp(tmp_path, evidence=named((str(log),), ()))
    rooms = Rooms(app.desk)
    first = rooms.session(TrainingPlace(tmp_path))
    usage = first.scan().inventory.facts.usage
    assert usage is not None
    assert usage.reading.files == (str(log),)
    assert f"--audit-log {log}" in first.command("plan")
    log.unlink()
    again = rooms.session(TrainingPlace(tmp_path)).scan().inventory.facts.usage
    assert again == usage


def test_the_app_takes_no_log_through_its_keyboard() -> None:
    """Its keys come through the standard input."""
    with pytest.raises(InputError, match="reads its keys from stdin"):
        _evidence(audit_logs=("-",))


def test_every_session_of_the_app_reads_the_flows_that_were_given(tmp_path: Path) -> None:
    """As it does the log."""
    table = tmp_path / "flows.csv"
    table.write_text("Deployment/shop/web,Deployment/shop/cart,8080\n")
    app = HardeningApp(tmp_path, evidence=named((), (str(table),)))
    session = Rooms(app.desk).session(TrainingPlace(tmp_path))
    flows = session.read().facts.flows
    assert flows is not None
    assert flows.reading.files == (str(table),)
    assert f"--flows {table}" in session.command("plan")
    with pytest.raises(InputError, match="--flows - is for commands"):
        _evidence(flows=("-",))
