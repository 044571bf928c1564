"""Laws of the user: what is accepted, what is refused, and what is said when something is missing."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import trigger_truth
from delays import LAWS, RATES, HeavyTail, UserLaw, timed

import rejuvmodel as rj
from rejuvmodel.models.user_law import UserTransforms

Function = Callable[[Any], Any]
EVERY_CLOCK = pytest.mark.parametrize("clock", ["unstable", "service"])


class Given:
    """An exponential delay of 5 h, with any part of it replaced."""

    mean: Any = 5.0

    def __init__(self, laplace: Function | None = None, rest: Function | None = None, **more: Any) -> None:
        self._laplace = laplace or (lambda s: 1 / (1 + 5 * s))
        self._rest = rest or (lambda s: 5 * s / (1 + 5 * s))
        self.__dict__.update(more)

    def laplace(self, s: Any) -> Any:
        return self._laplace(s)

    def one_minus_laplace(self, s: Any) -> Any:
        return self._rest(s)

    def __repr__(self) -> str:
        return "Given()"


REFUSED = {
    "F*(0) below 1": (
        Given(lambda s: 0.9 / (1 + 5 * s), lambda s: 1 - 0.9 / (1 + 5 * s)),
        r"law\.laplace\(s\): got 0\.9 at s = 0",
    ),
    "negative delays": (Given(lambda s: 1 + s, lambda s: -s), r"at least 0 lies between 0 and 1"),
    "a rising transform": (
        Given(lambda s: np.where(s > 1, 0.5, 1 / (1 + 5 * s))), r"rises at s = 1\.77828 .*delays",
    ),
    "a falling rest": (Given(None, lambda s: np.where(s > 1, 0.5, 5 * s / (1 + 5 * s))), r"falls at s = "),
    "two functions at odds": (Given(None, lambda s: 6 * s / (1 + 6 * s)), r"not add up with laplace\(s\)"),
    "scalars only": (Given(lambda s: 1 / (1 + 5 * float(s))), r"TypeError.*Write it with NumPy"),
    "math.exp": (Given(lambda s: math.exp(-s)), r"TypeError.*Write it with NumPy"),
    "one value for all": (Given(lambda _: 1.0), r"shape \(\) for s of shape \(98,\)"),
    "text": (Given(lambda _: "a"), r"ValueError"),
    "NaN": (Given(lambda s: np.full(np.shape(s), np.nan)), r"law\.laplace\(s\): got nan"),
    "no transform": (object(), r"has a method laplace\(s\)"),
    "one function": (type("X", (), {"laplace": lambda _, s: 1 / (1 + s)})(), r"one_minus_laplace\(s\)"),
    "a negative mean": (Given(mean=-1), r"law\.mean: got -1"),
    "a mean in words": (Given(mean="5 h"), r'law\.mean: got "5 h"'),
    "a NaN mean": (Given(mean=math.nan), r"law\.mean: got nan"),
    "a mean of True": (Given(mean=True), r"law\.mean: got True"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_law_is_refused(name: str) -> None:
    """A law with a wrong transform or mean is refused when it is given, naming the function and the place."""
    law, words = REFUSED[name]
    with pytest.raises(rj.InvalidInputError, match=words):
        rj.Trigger(law)


@pytest.mark.parametrize("mean", [5, 5.0, np.float32(5), np.int64(5), np.float64(5), None])
@EVERY_CLOCK
def test_any_number_is_a_mean(clock: str, mean: Any) -> None:
    """A mean may be of any number type, or unknown where no rate is 0."""
    state = rj.solve(timed(Given(mean=mean), clock, 2))
    expected = rj.solve(timed(rj.Exponential(5), clock, 2)).probabilities
    assert state.probabilities == pytest.approx(expected, rel=1e-11)


@EVERY_CLOCK
def test_an_unknown_mean_is_asked_for_where_it_is_needed(clock: str) -> None:
    """With λ = 0 the answer takes the mean; without one the error says which attribute to give."""
    cluster = timed(Given(mean=None), clock, 2, RATES.replace(failure=0))
    with pytest.raises(rj.InvalidInputError, match=r"mean delay of a law must be known.*attribute mean"):
        _ = rj.solve(cluster).unavailability


def test_a_law_that_cannot_be_stretched_cannot_be_optimised() -> None:
    """Without scaled(mean) optimize and with_period say what to add, but 0 and infinity need none."""
    cluster = timed(Given(), "service", 1)
    for use in (rj.optimize, lambda model: model.with_period(3)):
        with pytest.raises(rj.InvalidInputError, match=r"needs a method scaled\(mean\)"):
            use(cluster)
    assert rj.solve(cluster.with_period(0))["r1"] == 1
    assert rj.solve(cluster.with_period("never"))["r1"] == 0
    stretched = timed(UserLaw(rj.Fixed(3)), "service", 1).with_period("1 d")
    assert stretched.trigger is not None
    assert stretched.trigger.mean == 24


class WrongScale(UserLaw):
    """A law whose ``scaled`` takes its argument for a factor."""

    def scaled(self, mean: float) -> WrongScale:
        return WrongScale(self.law.scaled(self.law.mean * mean))


class Restless(UserLaw):
    """A law that becomes another one when it is scaled."""

    def scaled(self, mean: float) -> UserLaw:
        return UserLaw(rj.Exponential(mean))


@pytest.mark.parametrize(
    ("law", "message"),
    [
        (WrongScale(rj.Fixed(3)), r"law.scaled\(mean\): got a law of mean 72.* for scaled\(24"),
        (Restless(rj.Fixed(3)), r"law.scaled\(mean\): got a law of another shape"),
    ],
    ids=["factor", "shape"],
)
def test_a_law_that_is_not_stretched_in_time_is_refused(law: Any, message: str) -> None:
    """Where scaled(mean) returns another mean or another shape, it is refused and not optimised."""
    with pytest.raises(rj.InvalidInputError, match=message):
        timed(law, "service", 1).with_period(24)
    with pytest.raises(rj.InvalidInputError, match=r"law.scaled\(mean\)"):
        rj.optimize(timed(law, "service", 1))


def test_a_law_without_a_mean_may_be_stretched() -> None:
    """Where a law states no mean its shape cannot be compared, and it is taken at its word."""
    law = Given(mean=None, scaled=lambda mean: UserLaw(rj.Fixed(mean)))
    assert timed(law, "service", 1).with_period(24).trigger.mean == 24  # type: ignore[union-attr]


def test_a_users_law_has_no_index() -> None:
    """A user's law is one law: an index is refused."""
    with pytest.raises(rj.InvalidInputError, match=r"a law of your own is one law"):
        rj.Trigger(Given())[0]
    assert rj.Trigger(Given()).to_dict() == {"clock": "unstable", "law": {"name": "Given"}}


@pytest.mark.parametrize("seed", range(4))
def test_rounding_in_a_law_is_no_reason_to_refuse_it(seed: int) -> None:
    """Sums of branches whose last digits waver, or exceed 1 by rounding, are accepted."""
    chance = random.Random(seed)
    for _ in range(50):
        shares = np.array([chance.random() for _ in range(5)])
        law = rj.Hyperexponential(shares / shares.sum(), [10 ** chance.uniform(-3, 3) for _ in range(5)])
        assert rj.Trigger(UserLaw(law)).mean == pytest.approx(law.mean)
    long = 5e9
    by_hand = Given(
        lambda s: (1 + 3e-16) / (1 + long * s), lambda s: long * s / (1 + long * s) * (1 + 3e-16), mean=long
    )
    assert rj.solve(timed(by_hand, "service", 1)).unavailability < 1


@EVERY_CLOCK
def test_a_rate_of_zero_on_both_sides(clock: str) -> None:
    """With λ = λ_f = 0, where θ = ν = 0, a user's law is the library's."""
    rates = RATES.replace(aging=0, failure=0)
    for law in LAWS:
        found, expected = (rj.solve(timed(x, clock, 2, rates)).probabilities for x in (UserLaw(law), law))
        assert found == pytest.approx(expected, rel=1e-14, abs=0)


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_slopes_from_two_functions(law: Any) -> None:
    """Slopes of F* and g found from two functions are right to 1e-11 at equal, close and distant rates."""
    chance = random.Random(repr(law))
    transforms, right = UserTransforms(UserLaw(law), law.mean), trigger_truth.truth_of(law)
    with mpmath.workdps(250):
        for _ in range(60):
            x = chance.choice([0.0, 10 ** chance.uniform(-9, 1) / law.mean])
            y = x * (1 + chance.choice([0, 1e-15, 1e-9, 1e-3, 1])) or chance.choice(
                [0.0, 10 ** chance.uniform(-9, 1)]
            )
            for name in ("slope", "survival_slope"):
                found = float(getattr(transforms, name)(np.array([[x]]), np.array([[y]]))[0, 0])
                assert abs(found / getattr(right, name)(x, y) - 1) < 1e-11, (name, x, y)


def test_a_law_may_have_its_own_logarithm() -> None:
    """With log_laplace the probabilities below the doubles are right; without it they are 0."""
    rates = RATES.replace(failure=1)
    plain = UserLaw(rj.Fixed(1000))
    exactly = rj.solve(timed(rj.Fixed(1000), "unstable", 1, rates)).log_probability("r1")
    assert rj.solve(timed(plain, "unstable", 1, rates)).log_probability("r1") == -math.inf
    plain.log_laplace = lambda s: -1000 * s  # type: ignore[attr-defined]
    assert rj.solve(timed(plain, "unstable", 1, rates)).log_probability("r1") == pytest.approx(
        exactly, rel=1e-14
    )


@EVERY_CLOCK
def test_rates_beyond_what_a_law_can_multiply(clock: str) -> None:
    """A law that multiplies rates is asked for none so large that it overflows, however long its mean."""
    for law in (Given(), HeavyTail(5)):
        state = rj.solve(timed(law, clock, 3, rj.Rates(aging=1e300, failure=1e299, repair=1e300, restart=1)))
        assert state.probabilities.sum() == pytest.approx(1)
    best = rj.optimize(timed(UserLaw(LAWS[4]), clock, 3), rj.Costs(failure=1000, rejuvenation=1, capacity=1))
    assert best.certified
