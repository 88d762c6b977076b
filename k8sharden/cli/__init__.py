"""The command line: stdout carries data, stderr everything else, exit codes mean something.

Each command's module is loaded when it is called, so that ``--help`` costs nothing.
"""

import importlib
import os
import sys
from typing import Any

import click

from k8sharden import __version__
from k8sharden.errors import K8shardenError
from k8sharden.model.text import one_line

_COMMANDS = {
    "demo": ("app", "The app on the training cluster: nothing there can break."),
    "scan": ("scan", "Find what is not hardened."),
    "plan": ("plan", "Show the changes that would answer the findings."),
    "apply": ("apply", "Plan, show, confirm, apply and verify."),
    "export": ("export", "Write the changes as patches, manifests or artefacts."),
    "images": ("images", "Which registries the images come from, and how many are pinned."),
    "levels": ("levels", "The Pod Security level of each namespace, now and after the fixes."),
    "paths": ("paths", "What subjects can become by what they may do, and the cheapest cut."),
    "reach": ("reach", "Who reaches whom by the policies, now and after the fixes."),
    "usage": ("usage", "Who used what, by an audit log, and what that log cannot show."),
    "flows": ("flows", "Who was seen calling whom, and what that cannot show."),
    "journal": ("journal", "Show what was done, and take it back."),
    "login": ("login", "Keep the token of a server, or the login of a registry, in the keyring."),
    "logout": ("login", "Take it out of the keyring."),
    "missions": ("missions", "Attack the training cluster, harden it, see the attack fail."),
    "explain": ("learn", "The lesson of one check."),
    "checks": ("learn", "The catalogue of checks."),
    "calls": ("calls", "Who calls whom, by what shows it, and what nothing tells."),
    "who-can": ("who_can", "Who may do something, by which binding and role."),
    "rights": ("rights", "What a subject may do, how it comes to it, and what of it is used."),
    "permissions": ("permissions", "The least roles that scanning and applying need."),
}


class _Commands(click.Group):
    """The commands, each loaded when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the commands in the order in which one uses them."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Load one command."""
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"k8sharden.cli.{_COMMANDS[cmd_name][0]}")
        command = getattr(module, cmd_name.replace("-", "_"))
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="k8sharden")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option("--kubeconfig", metavar="PATH", help="The kubeconfig, instead of KUBECONFIG.")
@click.option("--context", metavar="NAME", help="Open the app on this context.")
@click.option("--read-only", is_flag=True, help="Never write, whatever is asked.")
@click.option(
    "--audit-log",
    "audit_logs",
    multiple=True,
    metavar="FILE",
    help="Open the app with an audit log as evidence of use: a file or a folder.",
)
@click.option("--insist-audit-log", is_flag=True, help="Use a log that looks like another's.")
@click.option(
    "--flows",
    multiple=True,
    metavar="FILE",
    help="Open the app with connections that were observed: a file or a folder.",
)
@click.option("--insist-flows", is_flag=True, help="Use flows that look like another's.")
@click.pass_context
def cli(ctx: click.Context, /, **options: Any) -> None:
    """Take a Kubernetes cluster from defaults to hardened, one reviewed change at a time.

    Without a command the app starts. `k8sharden demo` needs no cluster.
    """
    given = [_option(name) for name, value in options.items() if value]
    if ctx.invoked_subcommand is not None and given != ["--debug"] * len(given):
        # Accepted here and then ignored, --read-only would be a trap.
        raise click.UsageError(f"{given[0]} goes behind the command: {ctx.invoked_subcommand}.")
    if ctx.invoked_subcommand is None:
        from k8sharden.cli.app import start  # noqa: PLC0415 - the app is loaded only when it starts

        start(**{key: value for key, value in options.items() if key != "debug"})


def _option(name: str) -> str:
    """Return an option as it is typed; one that may be repeated has a plural for a name."""
    return "--audit-log" if name == "audit_logs" else f"--{name.replace('_', '-')}"


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command line; every error is one line on stderr."""
    debug = "--debug" in arguments
    arguments = [word for word in arguments if word != "--debug"]
    try:
        code = cli.main(arguments, prog_name="k8sharden", standalone_mode=False)
    except click.exceptions.Abort:
        return _say("Stopped. Nothing more was done.", 4)
    except click.ClickException as error:
        return _say(error.format_message().replace("\n", " ") + _help(error), error.exit_code)
    except K8shardenError as error:
        if debug:
            raise
        return _say(str(error), error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is left unwritten must not raise again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        what = f"{type(error).__name__} at {_place(error)}"
        return _say(
            f"An error of k8sharden itself ({what}). Run again with --debug and report it.", 2
        )
    return code if isinstance(code, int) else 0


def _help(error: click.ClickException) -> str:
    """Say where the words that there are stand, for one that there is not."""
    known = isinstance(error, click.NoSuchOption | click.MissingParameter) or (
        isinstance(error, click.UsageError) and "No such command" in error.message
    )
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    return f" See `{command} --help`." if known and command else ""


def _place(error: BaseException) -> str:
    """Return where an error arose, without any of its values."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    if traceback is None:
        return "an unknown place"
    return f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}"  # noqa: PTH119 - only the last part of a name


def _say(message: str, code: int) -> int:
    # Messages quote arguments and what a cluster said; click's do so as they are.
    click.echo(f"k8sharden: {one_line(message)}", err=True)
    return code
