"""The cluster file: one TOML file that describes a cluster, its costs, and what to report.

    [cluster]     servers
    [pool]        primaries, spares, …  (``rejuvmodel.pool_table``)     instead of [cluster]
    [mean_times]  aging, failure, repair, restart, rejuvenate_after     (``rejuvmodel.rates_table``)
    [rates]       aging, failure, repair, restart, rejuvenation         instead of [mean_times]
    [costs]       failure, rejuvenation; capacity, per_rejuvenation, degraded, currency
    [trigger]     law, clock and the parameters of the law              instead of rejuvenate_after
    [uncertainty] ranges of mean times or rates  (``rejuvmodel.uncertainty_table``)
    [optimize]    rejuvenate_after = [shortest, longest]                mean waits between which to look
    [report]      horizon, title, target  (``rejuvmodel.report_table``)

``rejuvenate_after`` (and ``rejuvenation``) may be left out, and so may the mean of a [trigger]
(``rejuvmodel.trigger_table``): then the optimum over [optimize] is meant. A list for a rate or a time makes a
grid of clusters; lists broadcast together as arrays do. An unknown key is an error, because a misspelt cost
that counts as 0 would change the decision without a word.

Defaults. [costs] may be left out: the objective is then the unavailability. A horizon of ``"365 d"`` states
results per year. The waits searched are ``["6 min", "never"]``: an unstable server has to be noticed before
anything can be done about it, and monitors look every few minutes, so a shorter mean wait is a promise that
few clusters can keep; "never" keeps the answer "do not rejuvenate" among the possible ones.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import mean_rate, waiting_times
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import Costs
from rejuvmodel.rates_table import placed, read_rates
from rejuvmodel.report_table import ReportTable, read_report, require_one_target
from rejuvmodel.toml_files import read_toml
from rejuvmodel.toml_keys import as_written
from rejuvmodel.toml_tables import Table

if TYPE_CHECKING:
    from rejuvmodel.uncertainty_table import UncertaintyTable

#: Mean waits [h] between which to look for the best where the file does not say: 6 min to never.
DEFAULT_WAITS = ("6 min", "never")
_LONGEST_CURRENCY = 20


@dataclass(frozen=True)
class ClusterFile:
    """What a cluster file says.

    Attributes
    ----------
    path : str
        The file, as it was named.
    cluster : Cluster or Pool
        The cluster, a grid of clusters, or the pool; ``cluster.rates.rejuvenation`` is None where the file
        leaves the wait out.
    costs : Costs or None
        Costs; None without a table of costs.
    currency : str
        Label of the currency; may be empty.
    bounds : tuple of float
        Rejuvenation rates λ_r [1/h] between which to look for the best: (lo, hi), hi may be infinite. With a
        trigger, mean delays [h].
    default_bounds : bool
        Whether the bounds are the default, because the file has none.
    horizon : float
        Time [h] over which downtime and cost are reported.
    is_open : bool
        Whether the file leaves the wait out, so that the best one is meant.
    uncertainty : UncertaintyTable or None
        What the file knows of the rates besides the best guess.
    report : ReportTable
        Title, target and alternatives of a report.
    """

    path: str
    cluster: Cluster | Pool
    costs: Costs | None
    currency: str
    bounds: tuple[float, float]
    default_bounds: bool
    horizon: float
    is_open: bool
    uncertainty: UncertaintyTable | None = None
    report: ReportTable = field(default_factory=ReportTable)

    @property
    def target(self) -> float | str | None:
        """What is to be met: an availability, or downtime over the horizon as text; None without."""
        known = None if self.uncertainty is None else self.uncertainty.target
        return self.report.target if known is None else known

    @property
    def waits(self) -> tuple[float, float]:
        """Mean waits [h] between which to look for the best, the shortest first."""
        if self.cluster.trigger is not None:
            return self.bounds
        shortest, longest = (1 / rate if rate > 0 else inf for rate in reversed(self.bounds))
        return shortest, longest


def read_cluster_file(path: str | os.PathLike[str]) -> ClusterFile:
    """Read a cluster file.

    Parameters
    ----------
    path : str or path
        A TOML file with the tables named at the head of `rejuvmodel.cluster_file`.

    Returns
    -------
    ClusterFile
        Its contents as objects; rates are the doubles nearest to the reciprocals of mean times.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, is no TOML, has an unknown key, lacks one, or a value is not valid;
        the error names the key and the file.

    Warns
    -----
    ParameterWarning
        If a wait before rejuvenation is shorter than the restart.
    """
    contents = read_toml(path)
    place = os.fsdecode(path)
    file = Table(contents, place)
    costs = file.table("costs", None)
    search, report = file.table("optimize", None), file.table("report", None)
    is_pool = _is_pool(file)
    count = file.table("pool" if is_pool else "cluster")
    servers = 0 if is_pool else count.integer("servers", minimum=1)
    rates = read_rates(file, contents)
    trigger, is_open = None, rates.rejuvenation is None
    if "trigger" in file:
        if is_pool:
            raise InvalidInputError(
                f"trigger in {place}", "a table", "the waits of a [pool] are exponential", "Remove [trigger]."
            )
        if not is_open:
            key = "rates.rejuvenation" if "rates" in file else "mean_times.rejuvenate_after"
            raise InvalidInputError(
                f"{key} and trigger in {place}", "both", "a file has at most one of them", f"Remove {key}."
            )
        from rejuvmodel.trigger_table import read_trigger  # loaded only for triggers

        trigger, is_open = read_trigger(file.table("trigger"), contents["trigger"])
    prices, currency = (None, "") if costs is None else _costs(costs)
    bounds = _bounds(search, contents, of_waits=trigger is not None)
    horizon, shown_as = 8760.0, ReportTable()
    if report is not None:
        horizon, shown_as = read_report(report, contents["report"], is_pool=is_pool)
    ranges = None
    if "uncertainty" in file:
        from rejuvmodel.uncertainty_table import read_uncertainty  # loaded only where rates are uncertain

        table = file.table("uncertainty")
        ranges = read_uncertainty(table, contents["uncertainty"], of_times="mean_times" in contents)
    require_one_target(place, shown_as, None if ranges is None else ranges.target)
    pool = None
    if is_pool:
        from rejuvmodel.pool_table import read_pool  # loaded only for pools

        pool = read_pool(count, rates, "rates" if "rates" in file else "mean_times")
    file.finish()
    if is_pool and bounds[1] == inf:
        table = file.table("optimize")
        table.refuse("rejuvenate_after", "in a [pool] the shortest wait is above 0", 'Write "1 min".')
    given = search is not None and "rejuvenate_after" in search
    cluster = placed(place, Cluster, servers, rates, trigger) if pool is None else pool
    return ClusterFile(
        place, cluster, prices, currency, bounds, not given, horizon, is_open, ranges, shown_as
    )


def _is_pool(file: Table) -> bool:
    if "pool" in file and "cluster" in file:
        raise InvalidInputError(
            f"cluster and pool in {file.place}", "both", "a file has one of [cluster] and [pool]",
            "Remove one of them.",
        )  # fmt: skip
    return "pool" in file


def _costs(table: Table) -> tuple[Costs, str]:
    currency = table.text("currency", "")
    if not currency.isprintable() or len(currency) > _LONGEST_CURRENCY:
        table.refuse("currency", f"a currency is one line of at most {_LONGEST_CURRENCY} characters")
    costs = Costs(
        failure=table.number("failure", minimum=0),
        rejuvenation=table.number("rejuvenation", minimum=0),
        capacity=table.number("capacity", 0.0, minimum=0),
        per_rejuvenation=table.number("per_rejuvenation", 0.0, minimum=0),
        degraded=table.number("degraded", 0.0, minimum=0),
    )
    return costs, currency


def _bounds(table: Table | None, contents: Mapping[str, Any], *, of_waits: bool) -> tuple[float, float]:
    key = "rejuvenate_after"
    values: Any = list(DEFAULT_WAITS)
    if table is not None and key in table:
        values = contents["optimize"][key]
        rule = "two mean waits are expected, the shortest and the longest"
        if not isinstance(values, list) or len(values) != 2:
            table.refuse(key, rule, 'Write, for example, ["6 min", "never"].')
        for index, value in enumerate(values):
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                name = f"optimize.{key}[{index}] in {table.place}"
                raise InvalidInputError(name, as_written(value), "a mean wait is expected", 'Write "6 min".')
    place = "" if table is None else table.place
    hi, lo = (
        float(
            placed(place, mean_rate, f"optimize.{key}[{index}]", value, allow_infinite=True, allow_zero=True)
        )
        for index, value in enumerate(values)
    )
    if table is not None and not lo < hi:
        rule = "the shortest wait comes first and is below the longest"
        table.refuse(key, rule, 'Write, for example, ["6 min", "never"].')
    if of_waits:
        ends = (waiting_times(f"optimize.{key}", value) for value in values)
        shortest, longest = (float(end) for end in ends)
        return shortest, longest
    return lo, hi
