"""Mean field of a large pool: where the fluid limit rests, and how far chance carries it from there.

The numbers of servers are taken for normal, with the mean of the fluid limit and the covariance of the
linear noise approximation (``fluid_limit``), but for the skewness of the number of up servers, whose law is
in ``up_counts``. Means, covariances and skewness are exact where no server ever waits for another.

This is an approximation. Its error falls like 1/N (``docs/theory/pool.md`` shows it measured); no bound is
proved. The result says what speaks against it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import ConvergenceError, InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.measures import UNDERFLOW
from rejuvmodel.models.fluid_limit import OperatingPoint, operating_points
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.up_counts import NormalCount, deviations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Standard deviations within which the normal law and the pieces of the rates are relied upon.
TRUSTED = 3.0


@dataclass(frozen=True, eq=False)
class MeanField:
    """Mean-field approximation of a pool; not certified.

    Attributes
    ----------
    pool : Pool
        The pool.
    regime : str
        What governs rejuvenation: "free" (no limit), "slots" (all taken), "guard" (it holds the up servers
        at the required number), "off" (none starts).
    healthy, unstable, rejuvenating, failed : float
        Expected numbers of servers.
    covariance : ndarray
        Covariance of the numbers of unstable, rejuvenating and failed servers, shape (3, 3); read-only.
    up_deviation : float
        Standard deviation of the number of up servers.
    z : float
        Standard deviations from the expected number of up servers to an outage; negative if usually up.
    log_unavailability : float
        Natural logarithm of the approximate probability that fewer than ``required`` servers are up.
    capacity_availability : float
        Approximate E[min(up, primaries)]/primaries.
    rejuvenations_per_hour : float
        Rejuvenations of all servers [1/h].
    doubts : tuple of str
        Why these numbers may be wrong; empty if nothing is known against them.
    """

    pool: Pool
    regime: str
    healthy: float
    unstable: float
    rejuvenating: float
    failed: float
    covariance: Floats
    up_deviation: float
    z: float
    log_unavailability: float
    capacity_availability: float
    rejuvenations_per_hour: float
    doubts: tuple[str, ...]

    def __post_init__(self) -> None:
        covariance = np.array(self.covariance, dtype=np.float64)
        covariance.setflags(write=False)
        object.__setattr__(self, "covariance", covariance)

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        return MeanField, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def up(self) -> float:
        """Expected number of up servers."""
        return self.healthy + self.unstable

    @property
    def unavailability(self) -> float:
        """Approximate probability that fewer than ``required`` servers are up."""
        return math.exp(self.log_unavailability)

    @property
    def availability(self) -> float:
        """Approximate probability that enough servers are up."""
        return 1.0 - self.unavailability

    def gap(self, state: Any) -> dict[str, float]:
        """Return how far the approximation is from an exact solution of the same pool.

        Parameters
        ----------
        state : PoolState
            ``rejuvmodel.solve(pool)``.

        Returns
        -------
        dict
            "log_unavailability": natural logarithm of approximate over exact unavailability;
            "unavailability": the same as a relative error; "capacity_availability": approximate less exact.

        Raises
        ------
        InvalidInputError
            If the state is of another pool.
        """
        pool = getattr(getattr(state, "solution", None), "pool", None)
        if pool is None or pool.to_dict() != self.pool.to_dict():
            raise InvalidInputError(
                "state", type(state).__name__, "the gap is to a steady state of the same pool",
                "Give rejuvmodel.solve(field.pool).",
            )  # fmt: skip
        log_gap = self.log_unavailability - float(state.log_unavailability)
        return {
            "log_unavailability": log_gap,
            "unavailability": math.expm1(log_gap) if log_gap < 700 else math.inf,
            "capacity_availability": self.capacity_availability - state.capacity_availability,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per field.
        """
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        infinite = {math.inf: "infinity", -math.inf: "-infinity"}
        plain = {key: infinite.get(x, x) if isinstance(x, float) else x for key, x in fields.items()}
        return plain | {
            "pool": self.pool.to_dict(),
            "covariance": self.covariance.tolist(),
            "unavailability": self.unavailability,
            "doubts": list(self.doubts),
        }

    def _rows(self) -> list[tuple[str, str]]:
        counts = ("healthy", "unstable", "rejuvenating", "failed")
        rows = [("method", "mean field, not certified"), ("regime", self.regime)]
        rows += [(name, f"{getattr(self, name):.6g}") for name in counts]
        rows += [
            ("up servers", f"{self.up:.6g} ± {self.up_deviation:.4g}"),
            ("required", f"{self.pool.needed}, {abs(self.z):.2f} standard deviations away"),
            ("unavailability", self._unavailability()),
            ("capacity availability", f"{self.capacity_availability:.8g}"),
            ("rejuvenations per hour", f"{self.rejuvenations_per_hour:.6g}"),
        ]
        return rows + [("doubt", doubt) for doubt in self.doubts]

    def _unavailability(self) -> str:
        """The unavailability, by its exponent where it underflows."""
        if self.unavailability >= UNDERFLOW or self.log_unavailability == -math.inf:
            return f"{self.unavailability:.4g}"
        return f"10^{self.log_unavailability / math.log(10):.1f}"

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self._rows())
        return "MeanField\n" + "\n".join(f"  {name:<{width}}  {value}" for name, value in self._rows())

    def _repr_html_(self) -> str:
        return html_table(f"Mean field of {self.pool.total} servers", self._rows())


def mean_field(pool: Pool) -> MeanField:
    """Return the mean-field approximation of a large pool.

    Parameters
    ----------
    pool : Pool
        Any pool, best one of hundreds of servers or more; the effort does not depend on their number.

    Returns
    -------
    MeanField
        Expected numbers of servers, their covariance, and the approximate unavailability.

    Raises
    ------
    InvalidInputError
        If the model is no pool, or its rejuvenation rate is left open.
    ConvergenceError
        If the fluid limit has no stable operating point.

    Notes
    -----
    Nothing certifies the result. `MeanField.doubts` names what is known to spoil it: outages beyond three
    standard deviations, limits (slots, crews, guard, spares) so near that chance crosses them, counts too
    small to be normal, and a second operating point.

    Examples
    --------
    >>> from rejuvmodel import Pool, Rates, mean_field
    >>> rates = Rates(aging=1/168, failure=1/720, repair=1/2, restart=3, rejuvenation=1/24)
    >>> field = mean_field(Pool(primaries=20_000, spares=50, rates=rates, crews=400, slots=25))
    >>> print(f"{field.up:.1f} up, deviation {field.up_deviation:.2f}, {field.z:.2f}, {field.regime}")
    20008.3 up, deviation 4.21, -2.08, slots
    """
    model: object = pool
    if not isinstance(model, Pool):
        raise InvalidInputError("pool", shown(model), "mean_field takes a Pool", "Build one first.")
    points = operating_points(pool)
    if not points:
        raise ConvergenceError(
            "The fluid limit of this pool has no stable operating point. Solve it exactly."
        )
    point, total = points[0], pool.total
    h, a, r, f = (total * point.shares).tolist()
    noise = total * point.noise
    normal = NormalCount(h + a, float(noise[:2, :2].sum()), point.up_skewness / math.sqrt(total))
    z = deviations(pool.needed - 0.5 - normal.mean, normal.deviation)
    if point.regime == "guard" and point.lag is not None:
        log_down, missing = point.lag.log_below(), point.lag.missing(pool.primaries - pool.needed)
    else:
        log_down, missing = normal.log_below(pool.needed), normal.missing(pool.primaries)
    available = 1.0 - missing / pool.primaries
    starts = total * float(point.flows[2])
    return MeanField(
        pool, point.regime, h, a, r, f, noise[1:, 1:], normal.deviation, z, log_down, available,
        starts, tuple(_doubts(pool, points, normal.mean, normal.deviation, z)),
    )  # fmt: skip


def _doubts(
    pool: Pool, points: list[OperatingPoint], mean: float, deviation: float, z: float
) -> Iterator[str]:
    point, *others = points
    few, where = min((mean, "up"), (pool.total - mean, "out"))
    if abs(z) > TRUSTED and point.regime != "guard" and math.isfinite(z):
        yield (
            f"The outage is {abs(z):.1f} standard deviations away; beyond {TRUSTED:g} the tail can be wrong "
            "by orders of magnitude."
        )
    for words, distance, noise in point.limits:
        spread = noise / math.sqrt(pool.total)
        away = distance / spread if spread > 0 else math.inf if distance > 1e-9 else 0.0
        if away < TRUSTED:
            yield (
                f"The limit of {words} is {away:.1f} standard deviations away; within {TRUSTED:g} chance "
                "crosses it, and beyond it the rates are others."
            )
    if point.regime != "guard" and 0 < few < TRUSTED * deviation:
        yield f"About {few:.2g} servers are {where}; so small a count is not normal."
    for other in others:
        yield (
            f"A second stable operating point has {pool.total * other.shares[:2].sum():.6g} servers "
            "up; the pool stays at one for long and then moves to the other."
        )
