"""``k8sharden journal``: keeping the journal itself: what is old goes, a lost key is replaced."""

import sys
import time

import click

from k8sharden.changes.entry import Entry
from k8sharden.changes.journal import Journal
from k8sharden.changes.pruning import Pruning, pruning
from k8sharden.cli.output import say
from k8sharden.config import state_folder
from k8sharden.errors import Refused
from k8sharden.export.journal import when

_DAY = 86_400.0

_yes = click.option("--yes", is_flag=True, help="Do not ask.")


@click.command()
@click.option(
    "--older-than", metavar="DAYS", type=click.FloatRange(min=0), required=True, help="How old."
)
@click.option("--standing", is_flag=True, help="Also what can still be taken back.")
@_yes
def prune(*, older_than: float, standing: bool, yes: bool) -> int:
    """Remove old entries for good. What was interrupted stays, and what can still be taken back.

    With --standing that goes, too: nothing can take it back afterwards.
    """
    opened = open_journal()
    with opened.alone():
        sorted_ = pruning(opened.entries(), time.time() - older_than * _DAY, standing=standing)
        _tell_kept(sorted_)
        if not sorted_.remove:
            say("Nothing is to be removed.")
            return 0
        if not yes:
            _ask(_about(sorted_.remove))
        opened.remove(sorted_.remove)
    say(f"Removed {_counted(len(sorted_.remove))}.")
    return 0


def _tell_kept(sorted_: Pruning) -> None:
    if sorted_.interrupted:
        many = _counted(len(sorted_.interrupted))
        say(f"Kept: {many}, interrupted. `k8sharden journal recover` settles that.")
    if sorted_.standing:
        many = _counted(len(sorted_.standing))
        say(f"Kept: {many} to take back from. --standing removes that, too.")


def _about(entries: tuple[Entry, ...]) -> str:
    """Say what goes, and what that means."""
    standing = sum(entry.undoable for entry in entries)
    lost = f" What {_counted(standing)} did can then no longer be taken back." if standing else ""
    return (
        f"To be removed: {_counted(len(entries))}, from {when(entries[-1])} to "
        f"{when(entries[0])}.{lost}"
    )


@click.command("new-key", short_help="Seal the journal with a new key.")
@_yes
def new_key(*, yes: bool) -> int:
    """Seal the journal with a new key, as after the old one was lost.

    The key goes into the keyring, or with K8SHARDEN_JOURNAL_KEY=file into a file beside the
    journal. Entries whose old key is not to be had stay as they are: listed, and opened again once
    it is back.
    """
    opened = open_journal()
    sealed = opened.sealed(opened.entries())
    tell_sealed(sealed)
    if sealed and not yes:
        _ask("What these keys sealed stays sealed. What comes gets a new key.")
    done, left = opened.new_key()
    _tell_notes(opened)
    say(f"Sealed {_counted(done)} with a new key; {left} stay under an older one.")
    return 0


def _ask(about: str) -> None:
    """Ask for a yes. Raises `Refused` without one."""
    if not sys.stdin.isatty():
        raise Refused(f"{about} Not confirmed: there is no terminal to ask; give --yes.")
    say(about)
    answer = click.prompt("Type 'yes' to go on", default="", show_default=False, err=True)
    if answer.strip() != "yes":
        raise Refused("Not confirmed: nothing was changed.")


def _counted(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"


def tell_sealed(sealed: dict[str, str]) -> None:
    """Say why entries cannot be opened."""
    for why in sealed.values():
        say(why)


def open_journal() -> Journal:
    """Open the journal of all clusters, and say what there is to say of it."""
    opened = Journal(state_folder() / "journal.sqlite")
    _tell_notes(opened)
    return opened


def _tell_notes(opened: Journal) -> None:
    for note in opened.notes():
        say(note)
