"""One server: when rejuvenation pays at all, in closed form and in exact arithmetic.

With one server every objective is a quotient of linear functions of the law, so a condition decides it
(``docs/theory/period.md``). Let f∞ be the objective without rejuvenation and
B = (C_r + capacity + μ_r·per_rejuvenation − f∞)/μ_r what one rejuvenation costs beyond f∞ per hour. Then

- clock "unstable": the objective is monotone in F*(λ), so the shortest delay is best iff B·λ_f < f∞;
- clock "service": some delay, of any law, is better than never iff B·max(λ, λ_f) < f∞.

For unavailability these are μ_r > μ(1 + λ_f/λ) and μ_r > μ(1 + max(λ, λ_f)/min(λ, λ_f)).
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from rejuvmodel.parameters import Costs, Rates

#: Relative difference of the two sides that is no reason to rejuvenate.
_ROUNDING = Fraction(1, 10**12)


class SingleServer(NamedTuple):
    """The numbers that decide.

    Attributes
    ----------
    without : Fraction
        Objective f∞ without rejuvenation.
    burden : Fraction
        What a rejuvenation costs, B, times the rate that the clock asks for; it pays iff this is below f∞.
    """

    without: Fraction
    burden: Fraction

    @property
    def pays(self) -> bool:
        """Whether some delay is better than never, by more than the rounding of the rates can make."""
        return self.burden < self.without * (1 - _ROUNDING)

    @property
    def is_equal(self) -> bool:
        """Whether what is saved is exactly what it costs."""
        return self.burden == self.without


def single_server(rates: Rates, costs: Costs, clock: str) -> SingleServer:
    """Return the numbers that decide whether one server should ever be rejuvenated.

    Parameters
    ----------
    rates : Rates
        Scalar rates [1/h], the aging rate above 0.
    costs : Costs
        Scalar costs.
    clock : {"unstable", "service"}
        What the delay is counted from.

    Returns
    -------
    SingleServer
        Exact numbers.
    """
    aging, failure, repair, restart = (
        Fraction(float(x)) for x in (rates.aging, rates.failure, rates.repair, rates.restart)
    )
    down, planned, capacity, each, degraded = (
        Fraction(float(x))
        for x in (costs.failure, costs.rejuvenation, costs.capacity, costs.per_rejuvenation, costs.degraded)
    )
    without = degraded
    if failure > 0:
        without = (down / repair + degraded / failure) / (1 / aging + 1 / failure + 1 / repair)
    burden = (planned + capacity + restart * each - without) / restart
    return SingleServer(without, burden * (aging if clock == "unstable" else max(aging, failure)))
