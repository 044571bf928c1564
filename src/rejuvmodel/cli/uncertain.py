"""What the command on uncertain rates is asked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from rejuvmodel.cli.estimated import settings
from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.propagation.propagating import uncertainty

if TYPE_CHECKING:
    from collections.abc import Callable

    from rejuvmodel.cluster_file import ClusterFile
    from rejuvmodel.estimation.rate_estimates import RateEstimates
    from rejuvmodel.propagation.uncertainty_result import Uncertainty

_EXAMPLE = 'aging="5 d,10 d"'


class LogGiven(NamedTuple):
    """An event log as typed: its file, whose clock it tells of, and what else it does not say."""

    path: str
    clock: str | None
    settings: list[str] | None


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
        return None if file.uncertainty is None else file.uncertainty.target
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
    try:
        return uncertainty(
            file.cluster, inputs, costs=file.costs, bounds=file.bounds, target=target, horizon=file.horizon,
            ranges="lognormal" if file.uncertainty is None else file.uncertainty.reading,
            at="decision" if file.is_open else "model", points=points, seed=seed,
            workers=workers, progress=progress,
        )  # fmt: skip
    except InvalidInputError as error:
        where = _typed(error.argument)
        raise InvalidInputError(where, error.found, error.rule, error.advice) from None


def _typed(argument: str) -> str:
    """An argument as the command line names it."""
    if argument in ("target", "points", "seed", "workers"):
        return f"--{argument}"
    inside = re.fullmatch(r'inputs\["(.*?)"\](.*)', argument)
    return argument if inside is None else f"--range {inside[1]}"
