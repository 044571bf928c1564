"""The commands ``rejuvmodel runtime ...``, in the order in which the help lists them."""

from __future__ import annotations

import sys

import typer

from rejuvmodel.cli.commands.runtime_check import check
from rejuvmodel.cli.commands.runtime_export import export
from rejuvmodel.cli.commands.runtime_pause import pause
from rejuvmodel.cli.commands.runtime_plan import plan
from rejuvmodel.cli.commands.runtime_rejuvenate import rejuvenate
from rejuvmodel.cli.commands.runtime_replay import replay
from rejuvmodel.cli.commands.runtime_resume import resume
from rejuvmodel.cli.commands.runtime_roll import roll
from rejuvmodel.cli.commands.runtime_run import run
from rejuvmodel.cli.commands.runtime_status import status

runtime = typer.Typer(
    help="Rejuvenate real servers without losing a request.",
    epilog="Exit codes: 0 good, 1 something was refused or needs attention, 2 bad input.",
    add_completion=False,
    rich_markup_mode=None,
)


@runtime.callback(invoke_without_command=True)
def start(context: typer.Context) -> None:
    """Show the help where no command is given, as an error."""
    if context.invoked_subcommand is None:
        sys.stderr.write(f"{context.get_help()}\n")
        raise typer.Exit(2)


for command in (check, roll, run, status, pause, resume, rejuvenate, replay, plan, export):
    runtime.command()(command)
