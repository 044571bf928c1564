"""The command line: availability, downtime and cost of the cluster in a file, and when to rejuvenate it.

Each command is a function in a file of its own in ``cli/commands``, and has its line in the list below. It
imports its rooms when it is called, so that none pays for what another needs; the commands of the runtime are
a group of their own, made when it is named. Text goes to standard output as
Markdown, with ``--json`` as one JSON document (`rejuvmodel.cli.json_documents` says how); errors and warnings
go to standard error. Exit codes are those of `rejuvmodel.cli.shell`.
"""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from rejuvmodel.cli.commands.check import check
from rejuvmodel.cli.commands.compare import compare
from rejuvmodel.cli.commands.diagram import diagram
from rejuvmodel.cli.commands.estimate import estimate
from rejuvmodel.cli.commands.mission import mission
from rejuvmodel.cli.commands.optimize import optimize
from rejuvmodel.cli.commands.plot import plot
from rejuvmodel.cli.commands.report import report
from rejuvmodel.cli.commands.simulate import simulate
from rejuvmodel.cli.commands.solve import solve
from rejuvmodel.cli.commands.sweep import sweep
from rejuvmodel.cli.commands.uncertainty import uncertainty
from rejuvmodel.cli.shell import Commands, emit

#: In the order in which the help lists them.
COMMANDS = (
    solve, optimize, sweep, check, compare, mission, simulate, estimate, uncertainty, report, plot,
    diagram,
)  # fmt: skip

#: Made when it is named, and for the help.
_RUNTIME = "runtime"


class AllCommands(Commands):
    """The commands, and the group of those of the runtime."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order of the help."""
        return [*super().list_commands(ctx), _RUNTIME]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; that of the runtime is made now."""
        if cmd_name != _RUNTIME:
            return super().get_command(ctx, cmd_name)
        from rejuvmodel.cli.commands.runtime import runtime

        group = typer.main.get_command(runtime)
        group.name = _RUNTIME
        return group


app = typer.Typer(
    cls=AllCommands,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="When software rejuvenation pays, and how much: availability, downtime and cost of a cluster.",
    epilog="Exit codes: 0 good, 1 the two roads disagree or a runtime needs attention, 2 bad input.",
)


def main() -> None:
    """Run the command line."""
    app(prog_name="rejuvmodel")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            emit(f"rejuvmodel {version('rejuvmodel')}")
        except PackageNotFoundError:
            emit("rejuvmodel, run from its sources without being installed")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Show the help where no command is given, as an error."""
    if context.invoked_subcommand is None and not version:
        sys.stderr.write(f"{context.get_help()}\n")
        raise typer.Exit(2)


for command in COMMANDS:
    app.command()(command)
