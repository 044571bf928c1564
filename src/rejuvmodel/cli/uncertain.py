"""What the command on uncertain rates is asked."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from rejuvmodel.cli.estimated import settings
from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.reporting.uncertainty_section import file_uncertainty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.estimation.rate_estimates import RateEstimates
    from rejuvmodel.propagation.uncertainty_result import Uncertainty

_EXAMPLE = 'aging="5 d,10 d"'


class LogGiven(NamedTuple):
    """An event log as typed: its file, whose clock it tells of, and what else it does not say."""

    path: str
    clock: str | None
    settings: list[str] | None


def given_log(events: str | None, clock: str | None, log: list[str] | None) -> LogGiven | None:
    """Return the event log as typed; None without one.

    Parameters
    ----------
    events, clock : str or None
        Its file, and whose clock it tells of.
    log : list of str or None
        What else it does not say, NAME=VALUE.

    Returns
    -------
    LogGiven or None
        The log.

    Raises
    ------
    InvalidInputError
        If something is said of a log, and there is none.
    """
    if events is None and (clock is not None or log):
        raise InvalidInputError(
            "--log" if log else "--clock", "no log", "it tells of an event log", "Write --events LOG.csv."
        )
    return None if events is None else LogGiven(events, clock, log)


def inputs_of(
    file: ClusterFile, ranges: list[str] | None, log: LogGiven | None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return what is known of the rates: of the log, of the file, and of the command line, the last one wins.

    Parameters
    ----------
    file : ClusterFile
        The file; its table [uncertainty].
    ranges : list of str or None
        NAME=LO,HI as typed.
    log : LogGiven or None
        An event log.

    Returns
    -------
    tuple of dict and tuple
        As `uncertainty` takes it, and what had to be assumed of the log.

    Raises
    ------
    InvalidInputError
        If nothing is uncertain, or a range or the log cannot be read.
    """
    found: dict[str, Any] = {}
    notes: tuple[str, ...] = ()
    if log is not None:
        estimates = _estimates(file, log)
        notes = estimates.notes
        found |= {one.name: one for one in estimates if one.name != "rejuvenation"}
    if file.uncertainty is not None:
        found |= dict(file.uncertainty.ranges)
    for name, text in (settings("--range", ranges, _EXAMPLE) or {}).items():
        found[name] = _range(name, text)
    if not found:
        raise InvalidInputError(
            file.path, "no range and no log", "some rate is uncertain",
            f"Add a table [uncertainty], --range {_EXAMPLE}, or --events LOG.csv.",
        )  # fmt: skip
    return found, notes


def _estimates(file: ClusterFile, log: LogGiven) -> RateEstimates:
    """What the log tells, if it is on the clock of the model; of as many servers, where it does not say."""
    from rejuvmodel.estimation.estimating import estimate
    from rejuvmodel.estimation.log_rows import LAYOUT, SETTINGS, log_rows

    known = settings("--log", log.settings, "until=8760") or {}
    for name in known:
        if name not in (*SETTINGS[1:], *LAYOUT):
            raise InvalidInputError(
                "--log", shown(name), f"of a log is said {', '.join((*SETTINGS[1:], *LAYOUT))}",
                "Write --log until=8760.",
            )  # fmt: skip
    pool = isinstance(file.cluster, Pool)
    if not pool or not {"servers"} & {*known, *log_rows(log.path).settings}:
        known.setdefault("servers", str(file.cluster.servers))
    layout = {name: known.pop(name) for name in LAYOUT if name in known}
    found = estimate(log.path, clock=log.clock, layout=layout or None, **known)  # type: ignore[arg-type]
    kind = "server" if pool else "cluster"
    if found.clock != kind and file.cluster.servers > 1:
        raise InvalidInputError(
            f"--events {log.path}", f"a log on the clock of each {found.clock}",
            f"the rates in {file.path} are on the clock of the {kind}", "Use a log of the same clock.",
        )  # fmt: skip
    return found


def _range(name: str, text: str) -> tuple[Any, ...]:
    """The ends of a range: mean times, or rates that end in /h."""
    ends = [end.strip() for end in text.split(",")]
    rule = 'a range is two mean times such as "5 d,10 d", or two rates such as "0.1/h,0.2/h"'
    if len(ends) != 2:
        raise InvalidInputError(f"--range {name}", shown(text), rule, f"Write --range {_EXAMPLE}.")
    if not all(end.endswith("/h") for end in ends):
        for end in ends:
            hours(end, f"--range {name}")
        return tuple(ends)
    try:
        return tuple(float(end.removesuffix("/h")) for end in ends)
    except ValueError:
        raise InvalidInputError(f"--range {name}", shown(text), rule, f"Write --range {_EXAMPLE}.") from None


def target_of(file: ClusterFile, typed: str | None) -> float | str | None:
    """Return the target: as typed, an availability or a downtime, else that of the file."""
    if typed is None:
        return file.target
    try:
        return float(typed)
    except ValueError:
        return typed


def uncertainty_of(
    file: ClusterFile,
    inputs: dict[str, Any],
    target: float | str | None,
    points: int | None,
    seed: int,
    workers: int,
    progress: Callable[[int, int], object] | None,
) -> Uncertainty:
    """Return what follows for the cluster of a file; where it leaves the wait out, at the decision."""
    with retyped(file.path if target == file.target else None):
        return file_uncertainty(file, inputs, target, points, seed, workers, progress)


@contextmanager
def retyped(place: str | None) -> Iterator[None]:
    """Let errors name arguments as the command line does; a target in a file as one in that file."""
    try:
        yield
    except InvalidInputError as error:
        where, advice = _typed(error.argument, place), error.advice
        if advice.startswith("Give a range for this rate"):
            advice = f'Write {where}="1 h,4 h".'
        raise InvalidInputError(where, error.found, error.rule, advice) from None


def _typed(argument: str, place: str | None) -> str:
    """An argument as the command line names it."""
    if argument == "target" and place is not None:
        return f"target in {place}"
    if argument in ("target", "points", "seed", "workers"):
        return f"--{argument}"
    inside = re.fullmatch(r'inputs\["(.*?)"\](.*)', argument)
    return argument if inside is None else f"--range {inside[1]}"
