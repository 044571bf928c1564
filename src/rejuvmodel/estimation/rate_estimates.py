"""RateEstimates: the result of `estimate`, every rate with its events, its exposure and its interval."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from rejuvmodel.arrays import whole_number
from rejuvmodel.confidence import confidence_level
from rejuvmodel.durations import hours, shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.rate_estimate import EVENTS, RateEstimate, title
from rejuvmodel.estimation.sojourn_fit import p_words
from rejuvmodel.html_tables import html_table
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import RATE_NAMES, Rates
from rejuvmodel.plain_records import Record

if TYPE_CHECKING:
    from pandas import DataFrame

CLOCKS = ("cluster", "server")
_NO_LAYOUT = Record(())
_HEAD = ("rate", "symbol", "events", "exposure [h]", "rate [1/h]", "from", "to", "mean time", "exponential?")


@dataclass(frozen=True)
class RateEstimates:
    """All five rates, estimated from one log.

    ``estimates["failure"]`` and ``estimates.failure`` are the same; iteration yields the five in the order of
    `Rates`.

    Attributes
    ----------
    clock : {"cluster", "server"}
        Whose clock the rates belong to: the cluster's (for `Cluster`) or each server's own (for `Pool`).
    servers : int
        Number of servers.
    aging, failure, repair, restart, rejuvenation : RateEstimate
        The rates.
    hours : float or None
        Length of the log [h]; None where there is none, but counts.
    layout : mapping
        Limits of the pool that the exposure was counted under, as `Pool.layout` names them; may be empty.
    scheduled : int
        Rejuvenations that began while nothing was unstable. They belong to no rate, but to a schedule.
    notes : tuple of str
        What had to be assumed of the log.
    """

    clock: str
    servers: int
    aging: RateEstimate
    failure: RateEstimate
    repair: RateEstimate
    restart: RateEstimate
    rejuvenation: RateEstimate
    hours: float | None = None
    layout: Record = _NO_LAYOUT
    scheduled: int = 0
    notes: tuple[str, ...] = ()

    @classmethod
    def from_counts(
        cls,
        *,
        clock: str,
        servers: int,
        aging: tuple[int, Any],
        failure: tuple[int, Any],
        repair: tuple[int, Any],
        restart: tuple[int, Any],
        rejuvenation: tuple[int, Any] = (0, 0),
        confidence: float = 0.95,
    ) -> RateEstimates:
        """Return the estimates that belong to counts, where there is no log but a sheet of numbers.

        Parameters
        ----------
        clock : {"cluster", "server"}
            Whose clock was counted.
        servers : int
            Number of servers.
        aging, failure, repair, restart, rejuvenation : tuple of int and duration
            Number of events, and the exposure [h] or "365 d". Of failure in server-hours.
        confidence : float
            Confidence of each interval, above 0 and below 1.

        Returns
        -------
        RateEstimates
            Without goodness of fit.

        Raises
        ------
        InvalidInputError
            If a count or an exposure is out of its range.

        Examples
        --------
        >>> counts = dict(aging=(31, 5222.7), failure=(3, 7056), repair=(3, 6.0), restart=(28, 9.3))
        >>> found = RateEstimates.from_counts(clock="cluster", servers=2, **counts)
        >>> print(f"{found.failure.mean_time:.0f} h")
        2352 h
        """
        level = confidence_level(confidence)
        return cls(
            known_clock(clock),
            whole_number("servers", servers, 1),
            RateEstimate("aging", *_counted("aging", aging), level),
            RateEstimate("failure", *_counted("failure", failure), level),
            RateEstimate("repair", *_counted("repair", repair), level),
            RateEstimate("restart", *_counted("restart", restart), level),
            RateEstimate("rejuvenation", *_counted("rejuvenation", rejuvenation), level),
        )

    @property
    def confidence(self) -> float:
        """Confidence of every interval."""
        return self.aging.confidence

    def __iter__(self) -> Iterator[RateEstimate]:
        return (self[name] for name in RATE_NAMES)

    def __getitem__(self, name: str) -> RateEstimate:
        """Estimate of the rate of that name."""
        if name not in RATE_NAMES:
            raise InvalidInputError(
                "rate",
                shown(name),
                f"the rates are {', '.join(RATE_NAMES)}",
                'Write, for example, "failure".',
            )
        found = getattr(self, name)
        assert isinstance(found, RateEstimate)
        return found

    @property
    def rates(self) -> Rates:
        """The rates of maximum likelihood, for a model.

        ``rejuvenation`` is left open if no wait was seen, or if some rejuvenations were scheduled.

        Raises
        ------
        InvalidInputError
            If another rate has no event: it names the rate and what to do.
        """
        return self.rates_with()

    def rates_with(self, **known: Any) -> Rates:
        """Return the rates, some of them given instead of estimated.

        Parameters
        ----------
        **known
            Rates [1/h] by name, as `Rates` takes them: of what the log does not tell, or a limit such as
            ``failure=estimates.failure.high``.

        Returns
        -------
        Rates
            For a model.

        Raises
        ------
        InvalidInputError
            If a rate that is not given has no event or no exposure, or a name is unknown.
        """
        for name in known:
            _ = self[name]
        values = {one.name: one.rate for one in self if one.name not in known}
        if self.scheduled or not self.rejuvenation.events:
            values.pop("rejuvenation", None)
        for name, rate in values.items():
            if not rate > 0 or (rate == math.inf and name != "rejuvenation"):
                self._refuse(self[name])
        return Rates(**(values | known))

    def model(self, **known: Any) -> Cluster | Pool:
        """Return the model that the rates belong to.

        Parameters
        ----------
        **known
            Rates [1/h] by name, as for `rates_with`.

        Returns
        -------
        Cluster or Pool
            A cluster for the clock of a cluster, a pool with the limits of the log for those of servers.

        Raises
        ------
        InvalidInputError
            As for `rates_with`.
        """
        rates = self.rates_with(**known)
        if self.clock == "cluster":
            return Cluster(self.servers, rates)
        return Pool(rates=rates, **({"primaries": self.servers, "crews": self.servers} | dict(self.layout)))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values.

        Returns
        -------
        dict
            What was logged, and under ``estimates`` each rate by name.
        """
        names = ("clock", "servers", "hours", "confidence", "scheduled")
        found: dict[str, Any] = {name: getattr(self, name) for name in names}
        found |= {"layout": dict(self.layout), "notes": list(self.notes)}
        return found | {"estimates": {one.name: one.to_dict() for one in self}}

    def to_dataframe(self) -> DataFrame:
        """Return a table with one row per rate.

        Returns
        -------
        pandas.DataFrame
            Events, exposure [h], rate and limits [1/h], mean time [h], p-value and Weibull shape.
        """
        from pandas import DataFrame

        names = ("events", "exposure_hours", "rate", "low", "high", "mean_time", "one_sided")
        rows = {one.name: {name: getattr(one, name) for name in names} | _fit_columns(one) for one in self}
        frame = DataFrame.from_dict(rows, orient="index").rename_axis("name")
        frame.attrs |= {"clock": self.clock, "servers": self.servers, "confidence": self.confidence}
        return frame

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*(_HEAD, *rows), strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            for row in (_HEAD, *rows)
        ]
        return "\n".join(line.rstrip() for line in (self._caption(), *lines, *self._words()))

    def _repr_html_(self) -> str:
        words_below = "".join(f"<p>{escape(line)}</p>" for line in self._words())
        return html_table(self._caption(), self._rows(), _HEAD) + words_below

    def _caption(self) -> str:
        servers = "1 server" if self.servers == 1 else f"{self.servers} servers"
        span = "" if self.hours is None else f", a log of {words(self.hours)}"
        level = f"{100 * self.confidence:g} % intervals"
        return f"Rates of {servers} by the clock of the {self.clock}{span}, {level}"

    def _rows(self) -> list[tuple[str, ...]]:
        return [estimate_row(one) for one in self]

    def _words(self) -> list[str]:
        return [*(f"{one.name}: {one.advice}" for one in self if one.advice), *self.notes]

    def _refuse(self, one: RateEstimate) -> None:
        raise InvalidInputError(
            one.name, f"{one.events} events in {one.exposure_hours:.6g} h",
            f"a rate takes at least one {EVENTS[one.name]} and some exposure",
            f"{one.advice} Give rates_with({one.name}=…), for example estimates.{one.name}.high.".lstrip(),
        )  # fmt: skip


def estimate_row(one: RateEstimate) -> tuple[str, ...]:
    """Return one rate as cells of text, under the columns of the tables."""
    name, symbol = title(one.name)
    if math.isnan(one.rate):
        numbers = ("unknown", "", "", "unknown")
    else:
        mean = "not seen" if one.one_sided else words(one.mean_time)
        numbers = (f"{one.rate:.6g}", f"{one.low:.4g}", f"{one.high:.4g}", mean)
    return (name, symbol, str(one.events), f"{one.exposure_hours:.6g}", *numbers, _verdict(one))


def known_clock(clock: object) -> str:
    """Return whose clock is meant.

    Raises
    ------
    InvalidInputError
        If it is neither "cluster" nor "server".
    """
    if isinstance(clock, str) and clock.strip().casefold() in CLOCKS:
        return clock.strip().casefold()
    raise InvalidInputError(
        "clock", shown(clock), 'the clock is "cluster" or "server"',
        'Write clock="cluster" if one line tells of the whole cluster, "server" if each server has its own.',
    )  # fmt: skip


def _counted(name: str, pair: object) -> tuple[int, float]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise InvalidInputError(
            name, shown(pair), "a count is a pair of events and exposure", 'Write, for example, (3, "140 d").'
        )
    exposure = hours(pair[1], f"{name}[1]")
    if math.isinf(exposure):
        raise InvalidInputError(f"{name}[1]", shown(pair[1]), "an exposure is finite", "Give hours.")
    return whole_number(f"{name}[0]", pair[0], 0), exposure


def _fit_columns(one: RateEstimate) -> dict[str, float]:
    fit = one.fit
    p_value = math.nan if fit is None or fit.p_value is None else fit.p_value
    shape = math.nan if fit is None or fit.weibull is None else fit.weibull.shape
    return {"p_value": p_value, "weibull_shape": shape}


def _verdict(one: RateEstimate) -> str:
    fit = one.fit
    if fit is None or fit.p_value is None:
        return "not tested"
    return f"{'yes' if fit.exponential else 'no'} ({p_words(fit.p_value)})"
