"""The command line: availability, downtime and cost of the cluster in a file, and when to rejuvenate it.

Each command imports its rooms when it is called, so that none pays for what another needs. Text goes to
standard output as Markdown, with ``--json`` as one JSON document (`rejuvmodel.cli.json_documents` says how);
errors and warnings go to standard error. Exit codes are those of `rejuvmodel.cli.shell`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from rejuvmodel.cli.shell import Commands, emit, require_writable, write_whole
from rejuvmodel.errors import InvalidInputError

if TYPE_CHECKING:
    from rejuvmodel.cli.decided import Decided
    from rejuvmodel.steady_state import SteadyState

app = typer.Typer(
    cls=Commands,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="When software rejuvenation pays, and how much: availability, downtime and cost of a cluster.",
    epilog="Exit codes: 0 good, 1 the two roads disagree, 2 bad input.",
)
File = Annotated[str, typer.Argument(metavar="FILE", help="The cluster file (TOML).", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Rtol = Annotated[float, typer.Option("--rtol", help="Largest relative difference of the two roads.")]
#: That of `rejuvmodel.cross_check`, which help does not load.
RTOL = 1e-10
#: Points of a grid from which on a terminal shows a progress bar.
_LONG_WORK = 100
#: Beyond this many servers the report leaves the comparison to `check`.
_COMPARED_SERVERS = 100_000
#: Beyond this many servers the prior-art line is left out.
_PRIOR_ART_SERVERS = 100_000


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


@app.command()
def solve(file: File, as_json: AsJson = False) -> None:
    """Print availability, downtime and cost."""
    from rejuvmodel.cli.json_documents import decided_json, json_text
    from rejuvmodel.cli.report import PRIOR_ART, solve_report

    decided, state = _decided(file)
    prior_art = _prior_art(decided)
    if not as_json:
        emit(solve_report(decided, state, prior_art))
        return
    label = {"label": PRIOR_ART}
    beside = None if prior_art is None else label | {"unavailability": prior_art.unavailability}
    emit(json_text("solve", decided_json(decided, state), prior_art=beside))


@app.command()
def optimize(
    file: File,
    as_json: AsJson = False,
    uncertified: Annotated[
        bool,
        typer.Option("--uncertified", help="Search numerically where the cluster is too large for a proof."),
    ] = False,
) -> None:
    """Print the best mean wait and what it saves."""
    from rejuvmodel.cli.decided import has_chain, require_one
    from rejuvmodel.cli.json_documents import agreement_json, file_json, json_text, optimum_json, state_json
    from rejuvmodel.cli.report import agreement_line, optimum_report
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.cross_check import agreement
    from rejuvmodel.errors import SizeError
    from rejuvmodel.optimum import optimize as find
    from rejuvmodel.solving import solve as steady

    said = read_cluster_file(file)
    require_one(said, "optimize")
    try:
        best = find(said.cluster, said.costs, said.bounds, certified=not uncertified)
    except SizeError as error:
        message = str(error).replace("certified: a proof", f"{file}: a proof")
        raise SizeError(message.replace("Write certified=False", "Add --uncertified")) from None
    never = said.cluster.with_period(float("inf"))
    columns = {"never": ("never rejuvenated", never, steady(never))}
    if not said.is_open:
        columns["as_given"] = ("as in the file", said.cluster, steady(said.cluster))
    columns["state"] = ("at the best wait", best.model, best.state)
    found = (
        agreement(best.model) if best.model.servers <= _COMPARED_SERVERS and has_chain(best.model) else None
    )
    if as_json:
        states = {key: state_json(state, said.costs, said.horizon) for key, (*_, state) in columns.items()}
        compared = {"agreement": None if found is None else agreement_json(found, RTOL)}
        emit(json_text("optimize", file_json(said, best.model), optimum_json(best), states, compared))
    else:
        emit(optimum_report(said, best, [*columns.values()], agreement_line(found, RTOL, best.model)))
    if found is not None:
        found.check(RTOL)


@app.command()
def check(file: File, rtol: Rtol = RTOL, as_json: AsJson = False) -> None:
    """Compare closed form and numeric solution."""
    from rejuvmodel.cli.decided import decide, worst_agreement
    from rejuvmodel.cli.json_documents import agreement_json, file_json, json_text
    from rejuvmodel.cli.report import agreement_line
    from rejuvmodel.cluster_file import read_cluster_file

    if not 0 <= rtol < float("inf"):
        raise InvalidInputError(
            "--rtol", f"{rtol:g}", "a tolerance is a finite number of at least 0", "Try 1e-10."
        )
    decided = decide(read_cluster_file(file), _progress("optimum"))
    found = worst_agreement(decided.cluster, _progress("comparison"))
    if as_json:
        parts = file_json(decided.file, decided.cluster), agreement_json(found, rtol)
        emit(json_text("check", *parts, shape=list(decided.cluster.shape), rejuvenation_from=decided.source))
    else:
        emit(
            "\n".join(
                line
                for line in (f"{file}:", decided.note, agreement_line(found, rtol, decided.cluster))
                if line
            )
        )
    found.check(rtol)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="A cluster file.", show_default=False)],
    second: Annotated[str, typer.Argument(metavar="B", help="Another cluster file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Print two clusters side by side."""
    from dataclasses import replace

    from rejuvmodel.cli.decided import decide, require_one
    from rejuvmodel.cli.json_documents import decided_json, json_text
    from rejuvmodel.cli.report import compare_report
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.solving import solve as steady

    pairs: list[tuple[Decided, SteadyState]] = []
    for path in (first, second):
        said = read_cluster_file(path)
        require_one(said, "compare")
        horizon = pairs[0][0].file.horizon if pairs else said.horizon
        decided = decide(replace(said, horizon=horizon))
        pairs.append((decided, steady(decided.cluster)))
    if as_json:
        emit(json_text("compare", clusters=[decided_json(*pair) for pair in pairs]))
    else:
        emit(compare_report(pairs))


@app.command()
def mission(
    file: File,
    hours: Annotated[
        str | None, typer.Option("--hours", help='Length, such as "30 d"; by default the horizon.')
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a finite time from a fresh start brings."""
    from rejuvmodel.cli.missions import mission_json, mission_of, mission_report

    decided, _ = _decided(file, one_for="mission")
    found = mission_of(decided, hours)
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text

        emit(json_text("mission", file_json(decided.file, decided.cluster), mission_json(found)))
        return
    emit(mission_report(found))


@app.command()
def simulate(
    file: File,
    hours: Annotated[
        str | None, typer.Option("--hours", help='Play missions of this length, such as "30 d".')
    ] = None,
    replications: Annotated[
        int, typer.Option("--replications", help="How many missions or cycles.")
    ] = 100_000,
    seed: Annotated[int | None, typer.Option("--seed", help="Gives the same numbers again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Play the cluster at random and estimate the same, with 99 % intervals."""
    from rejuvmodel.cli.simulated import simulation_json, simulation_report
    from rejuvmodel.simulation.simulating import simulate as play

    decided, _ = _decided(file, one_for="simulate")
    sim = play(decided.cluster, hours, replications=replications, seed=seed)
    if as_json:
        from rejuvmodel.cli.json_documents import file_json, json_text

        parts = file_json(decided.file, decided.cluster), simulation_json(decided, sim)
        emit(json_text("simulate", *parts))
        return
    emit(simulation_report(decided, sim))


@app.command()
def plot(
    file: File,
    output: Annotated[
        str, typer.Option("-o", "--output", help="The picture: .png, .svg or .pdf.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Draw the objective against the rejuvenation rate."""
    from rejuvmodel.cli.pictures import picture_kind, rate_picture

    kind = picture_kind(output)
    require_writable(output)
    decided, state = _decided(file, one_for="plot")
    write_whole(output, rate_picture(decided, state, kind))
    if as_json:
        from rejuvmodel.cli.json_documents import decided_json, json_text

        emit(json_text("plot", decided_json(decided, state), output=output, format=kind))
        return
    emit("\n".join(line for line in (decided.note, f"{output}: written as {kind}") if line))


@app.command()
def diagram(
    file: File,
    output: Annotated[
        str | None,
        typer.Option("-o", "--output", help="Where to write: .png, .svg, .pdf, .mmd, .dot or .prism."),
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(
            "--format", help="mermaid, dot, prism, png, svg, pdf; by default as the output is named."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Draw the states and transitions."""
    from rejuvmodel.cli.json_documents import chain_json, file_json, json_text
    from rejuvmodel.cli.pictures import diagram_files, diagram_format

    kind = diagram_format(form, output)
    if output is not None:
        require_writable(output)
    decided, _ = _decided(file, one_for="diagram")
    chain = decided.cluster.chain()
    files = {} if output is None and as_json else diagram_files(decided, kind, output or "")
    if output is not None:
        for name, contents in files.items():
            write_whole(name, contents)
    if as_json:
        parts = file_json(decided.file, decided.cluster), chain_json(chain)
        emit(json_text("diagram", *parts, rejuvenation_from=decided.source, output=output, format=kind))
        return
    if decided.note:
        sys.stderr.write(f"{decided.note}\n")
    emit(files[""].decode() if output is None else f"{' and '.join(files)}: {len(chain)} states as {kind}")


def _decided(path: str, one_for: str = "") -> tuple[Decided, SteadyState]:
    """Read a file; its cluster at the rate to use, and the steady state."""
    from rejuvmodel.cli.decided import decide, require_one
    from rejuvmodel.cluster_file import read_cluster_file
    from rejuvmodel.solving import solve as steady

    said = read_cluster_file(path)
    if one_for:
        require_one(said, one_for)
    decided = decide(said, _progress("optimum"))
    return decided, steady(decided.cluster)


def _prior_art(decided: Decided) -> SteadyState | None:
    """Fig. 2 with the same failure and repair rates, where it is one model of readable size."""
    from rejuvmodel.models.pool import Pool
    from rejuvmodel.models.reactive import Reactive
    from rejuvmodel.solving import solve as steady

    cluster, rates = decided.cluster, decided.cluster.rates
    if isinstance(cluster, Pool) or cluster.shape or cluster.servers > _PRIOR_ART_SERVERS:
        return None
    return steady(Reactive(servers=cluster.servers, failure=rates.failure, repair=rates.repair))


def _progress(label: str) -> Callable[[tuple[int, ...]], Iterator[tuple[int, ...]]]:
    """Give the points of a grid, under a progress bar if it is long work in front of a person."""

    def shown(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        from math import prod

        from rejuvmodel.cli.decided import points

        if prod(shape) < _LONG_WORK or sys.stderr is None or not sys.stderr.isatty():
            yield from points(shape)
            return
        with typer.progressbar(points(shape), length=prod(shape), label=label, file=sys.stderr) as bar:
            yield from bar

    return shown
