"""Optimum: the best rejuvenation rate or period, and everything a planner asks about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import TYPE_CHECKING, Any

from rejuvmodel.durations import words
from rejuvmodel.html_tables import html_table
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.trigger import CLOCKS
from rejuvmodel.parameters import Costs
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from datetime import timedelta

    from rejuvmodel.policy import RejuvenationPolicy
    from rejuvmodel.steady_state import SteadyState


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best rejuvenation rate in an interval, and why; with a trigger, the best mean delay.

    What lies on the axis of the bounds (`critical_points`, `flat_region`, `break_even`, `bounds`) is a rate
    [1/h], and with a trigger a mean delay [h]. Every rate has its `period`, the mean delay 1/rate.

    Attributes
    ----------
    rate : float
        Best rate λ_r [1/h] in the bounds; may be 0 (never) or infinity (at once). With a trigger 1/period.
    value, log_value : float
        Objective there, cost per hour or unavailability, and its natural logarithm.
    objective : str
        "cost" or "unavailability".
    location : str
        "interior", "lower bound", "upper bound" (of the bounds, on their axis) or "flat".
    reason : str
        Why it is the best, in a sentence.
    critical_points : tuple of float
        All positive rates [1/h] where the derivative is 0, for clusters of at most `CERTIFIED_SERVERS`; each
        correctly rounded to 1 unit in the last place. With a trigger, mean delays [h] at which the curve was
        seen to turn; in a pool, such rates.
    certified : bool
        Whether the location is proved: by exact isolation of all critical points, or by the theorem. With a
        trigger, whether it is proved that no delay in the bounds gives a value lower by a millionth. In a
        pool only where the rate makes no difference.
    flat_region : tuple of float
        The part of the axis around the best whose objective is within 1 % of the best value.
    break_even : float or None
        Rate [1/h] above which the objective is below its value at the lower bound, if it first rises; None if
        rejuvenation pays from the lower bound on, or never. With a trigger, the mean delay [h] below which it
        is below its value at the upper bound, if it first rises. In a pool it is looked for in the bounds.
    without : float
        Objective of the same model without rejuvenation.
    gain : float
        ``without − value``: what the best rate saves against never rejuvenating.
    model : Cluster or Pool
        The model at the best rate.
    costs : Costs or None
        Costs, None for unavailability.
    bounds : tuple of float
        Interval that was searched.
    delay : float or None
        With a trigger, the best mean delay [h].
    law : str or None
        With a trigger, the kind of law that was stretched, also where the best is never or at once.
    """

    rate: float
    value: float
    log_value: float
    objective: str
    location: str
    reason: str
    critical_points: tuple[float, ...]
    certified: bool
    flat_region: tuple[float, float]
    break_even: float | None
    without: float
    gain: float
    model: Cluster | Pool
    costs: Costs | None
    bounds: tuple[float, float]
    delay: float | None = None
    law: str | None = None

    @property
    def period(self) -> float:
        """Mean delay [h] of the rejuvenation; infinite for never, 0 for at once.

        Counted from becoming unstable, or as the clock of the trigger says.
        """
        return mean_wait(self.rate) if self.delay is None else self.delay

    @property
    def flat_waits(self) -> tuple[float, float]:
        """The flat region as mean delays [h], the shortest first."""
        if self.delay is not None:
            return self.flat_region
        slow, fast = self.flat_region
        return mean_wait(fast), mean_wait(slow)

    @property
    def break_even_wait(self) -> float | None:
        """The break-even as a mean delay [h]."""
        if self.break_even is None or self.delay is not None:
            return self.break_even
        return mean_wait(self.break_even)

    @cached_property
    def state(self) -> SteadyState:
        """Steady state of `model`; of a cluster by the closed form, of a pool a `PoolState`."""
        return solve(self.model)

    def policy(
        self,
        *,
        scope: str,
        required: int | None = None,
        max_concurrent: int | None = None,
        jitter: float | timedelta | str = 0.0,
        horizon: float | timedelta | str = "365 d",
        currency: str | None = None,
    ) -> RejuvenationPolicy:
        """Return the decision as a policy, which can be saved and applied to servers.

        Parameters
        ----------
        scope : {"cluster", "server"}
            Whose clock the delay is. A `Cluster` has clocks of the cluster, a `Pool` one for each server;
            with one server in a cluster both fit.
        required : int, optional
            Servers that must go on serving; by default all but one of a cluster, and of a pool those
            required, but for one where it is not guarded and requires all.
        max_concurrent : int, optional
            Servers that may rejuvenate at the same time; by default one of a cluster, and of a pool its
            slots, as far as the required servers leave room.
        jitter : float, timedelta or str, optional
            Largest extra delay [h], added at random to spread restarts.
        horizon : float, timedelta or str, optional
            Time [h] over which the predicted downtime is stated.
        currency : str, optional
            Label of the costs.

        Returns
        -------
        RejuvenationPolicy
            With the clock, law and mean found here, the prediction, and what it was computed from.

        Raises
        ------
        InvalidInputError
            If the scope does not fit the model, or a law of your own fits no file.

        Examples
        --------
        >>> from rejuvmodel import Cluster, Fixed, Rates, Trigger, optimize
        >>> garg = Cluster(1, Rates(aging=1/240, failure=1/2160, repair=2, restart=60),
        ...                Trigger(Fixed(1), clock="service"))
        >>> optimize(garg, bounds=(1, 5000)).policy(scope="server").mean
        278.15073123378295
        """
        from rejuvmodel.decided_policy import decided_policy  # policies load many rooms that few need

        predicted = {
            "unavailability": float(self.state.unavailability),
            "horizon": horizon,
            "cost_rate": None if self.costs is None else self.value,
            "currency": currency,
        }
        computed_from = {
            "costs": None if self.costs is None else self.costs.to_dict(),
            "rate_bounds" if self.delay is None else "mean_bounds": list(self.bounds),
        }
        return decided_policy(
            self.model, self.period, scope, computed_from, required=required, max_concurrent=max_concurrent,
            jitter=jitter, predicted=predicted,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute; rates [1/h], period [h].
        """
        return {
            "rate": self.rate, "period": self.period, "value": self.value, "log_value": self.log_value,
            "objective": self.objective, "location": self.location, "reason": self.reason,
            "critical_points": list(self.critical_points), "certified": self.certified,
            "flat_region": list(self.flat_region), "break_even": self.break_even, "gain": self.gain,
            "without": self.without, "bounds": list(self.bounds), "rates": self.model.rates.to_dict(),
            "costs": None if self.costs is None else self.costs.to_dict(), "servers": self.model.servers,
            "trigger": None if self.model.trigger is None else self.model.trigger.to_dict(),
        } | ({"pool": self.model.layout()} if isinstance(self.model, Pool) else {})  # fmt: skip

    def _rows(self) -> list[tuple[str, str]]:
        ends = (
            self.flat_region if self.delay is not None else [mean_wait(x) for x in reversed(self.flat_region)]
        )
        low, high = (_in_words(x) for x in ends)
        unit = "cost per hour" if self.objective == "cost" else "unavailability"
        rows = [
            *self._answer(),
            ("location", f"{self.location}{', certified' if self.certified else ', not certified'}"),
            ("why", self.reason),
            (unit, f"{self.value:.6g}"),
            ("without rejuvenation", f"{self.without:.6g}"),
            ("gain", f"{self.gain:.6g}"),
            ("within 1 % of the best", f"waits from {low} to {high}" if low != high else low),
        ]
        if self.break_even_wait is not None and self.gain >= 0:
            rows.append((self._break_even_name(), words(self.break_even_wait)))
        return rows

    def _answer(self) -> list[tuple[str, str]]:
        trigger = self.model.trigger
        if trigger is None:
            return [
                ("best mean wait once unstable", _in_words(self.period)),
                ("best rate λ_r", f"{self.rate:.6g} per hour"),
            ]
        return [
            ("best delay" if self.law == "Fixed" else "best mean delay", _in_words(self.period)),
            ("counted", CLOCKS[trigger.clock]),
            ("law of the delay", str(self.law)),
        ]

    def _break_even_name(self) -> str:
        # With a trigger the break-even is against the upper bound, which is never only if it is infinite.
        against_never = self.delay is None or self.bounds[1] == inf
        return "pays only for waits below" if against_never else "better than the longest wait below"

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self._rows())
        return "Optimum\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in self._rows())

    def _repr_html_(self) -> str:
        return html_table("Optimum", self._rows())


def mean_wait(rate: float) -> float:
    """Mean wait [h] that belongs to a rate [1/h]: infinite for 0, 0 for infinity."""
    return 1.0 / rate if rate > 0 else inf


def _in_words(wait: float) -> str:
    return "at once" if wait == 0 else words(wait)
