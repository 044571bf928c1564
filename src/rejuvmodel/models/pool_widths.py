"""How many values of r, servers that rejuvenate, are kept in each level of a pool.

The matrix of a level is a band as wide as r, so values of r that do not matter are left out: r, never a,
because rare values of a lead to failures. Three rules:

- Where nothing holds rejuvenations up, servers that have not failed rejuvenate one by one, and r is binomial.
  Limits only make r smaller. Values below a conditional probability of 1e-20 are left out.
- Planned downtime is made of many servers that rejuvenate at once. While so few have failed that there is
  planned downtime, r is kept down to 1e-15 of that.
- Under the guard no rejuvenation begins once all that may be away have failed. Servers that rejuvenate then
  come back at μ_r each, while the level is left at most at the rate of failures and repairs, so that from
  level to level the share of r loses a factor of at least 1 + r·μ_r/(failures + repairs).

What was left out is compared with the result afterwards (``pool_solution``), and kept if it is seen there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.pool import Pool

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Conditional probability of r below which it is left out, and the same beside planned downtime.
_CUT = 1e-20
_CUT_OF_DOWN = 1e-15
#: The same where the guard lets r only fall, for which there is a bound that is far too large.
_CUT_OF_GUARD = 1e-40
#: Values of r that are always kept.
_FEW = 16


def all_widths(pool: Pool) -> Integers:
    """Values 0 … r that there are in each level."""
    states = pool.labels
    found: Integers = np.minimum(states.most_rejuvenating, pool.total - np.arange(states.most_failed + 1)) + 1
    return found


def kept_widths(pool: Pool) -> Integers:
    """Values 0 … r that are kept in each level."""
    every = all_widths(pool)
    if pool.labels.most_rejuvenating == 0:
        return every
    return np.minimum(every, np.minimum(_binomial(pool, every), _guarded(pool, every)))


def ratios(pool: Pool) -> tuple[float, float]:
    """Unstable and rejuvenating servers per healthy one, where nothing holds them up."""
    rates, rejuvenation = pool.rates, pool.require_rejuvenation()
    leaves = float(rates.failure) + rejuvenation
    unstable = float(rates.aging) / leaves if leaves > 0 else 0.0
    return unstable, unstable * rejuvenation / float(rates.restart)


def log_renewed(pool: Pool, room: NDArray[np.int64] | int) -> Floats:
    """Logarithms of the binomial shares of 0, 1, … rejuvenating servers where nothing holds them up.

    Parameters
    ----------
    pool : Pool
        The pool.
    room : int or ndarray of int
        Servers that have not failed.

    Returns
    -------
    ndarray
        One row for each room, as long as the largest; −inf beyond the room.
    """
    from scipy.special import gammaln

    unstable, renewed = ratios(pool)
    rooms = np.asarray(room)[..., None]
    r = np.arange(int(np.max(room)) + 1)
    share, rest = renewed / (1 + unstable + renewed), (1 + unstable) / (1 + unstable + renewed)
    log_factorial = gammaln(r + 1.0)
    left = rooms - r
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Floats = np.where(r > 0, r * np.log(share), 0.0) + left * np.log(rest)
    logs += log_factorial[rooms] - log_factorial - log_factorial[np.maximum(left, 0)]
    return np.where(left >= 0, logs, -np.inf)


def _binomial(pool: Pool, every: Integers) -> Integers:
    """Values of r that are kept if the unrestricted pool is a good guess."""
    if pool.labels.most_rejuvenating < _FEW or ratios(pool)[1] == 0:
        return every
    room = pool.total - np.arange(len(every))
    logs = log_renewed(pool, room)
    kept = logs > logs.max(axis=1, keepdims=True) + np.log(_CUT)
    if not pool.unrestricted:
        # In levels where too many that rejuvenate are planned downtime.
        first = room - pool.needed + 1
        planned = first > 0
        down = np.where(np.arange(logs.shape[1]) >= first[:, None], logs, -np.inf)
        least = np.where(planned, down.max(axis=1) + np.log(_CUT_OF_DOWN), np.inf)
        kept |= logs > least[:, None]
    last: Integers = logs.shape[1] - 1 - np.argmax(kept[:, ::-1], axis=1)
    if pool.unrestricted:
        last[:] = last.max()  # with one width for all levels the product form is the answer
    return np.maximum(last, 1) + 1


def _guarded(pool: Pool, every: Integers) -> Integers:
    """Values of r that are kept where the guard lets no rejuvenation begin."""
    if not pool.guarded:
        return every
    rates = pool.rates
    leaving = float(rates.failure) * pool.labels.most_unstable + float(rates.repair) * pool.crews
    # Factors from level to level, the levels passed in which none begins, and what is left of r = 1, 2, …
    factors = np.log1p(np.arange(1, int(every[0])) * float(rates.restart) / leaving)
    passed = np.maximum(np.arange(len(every)) - (pool.total - pool.needed), 0)
    kept = np.count_nonzero(passed[:, None] * factors < -np.log(_CUT_OF_GUARD), axis=1)
    found: Integers = 1 + np.maximum(kept, 1)  # r = 1 shows what is left out
    return found
