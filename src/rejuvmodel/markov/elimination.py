"""GTH: steady state by elimination without a single subtraction.

Theory
------
Grassmann, Taksar and Heyman (1985): in a chain with transition rates q_ij (i ≠ j), watch only
the states outside a set S. If no two states of S are adjacent, the watched chain has the rates

    q'_ij = q_ij + Σ_{s ∈ S} q_is q_sj / d_s,      d_s = Σ_{j ≠ s} q_sj  (j outside S),

and the steady state of the removed states follows from the others,

    π_s = Σ_{i ∉ S} π_i q_is / d_s.

The pivot d_s is formed as the sum of the outflows, never as a difference from the diagonal, so
every number is a sum, product or quotient of non-negative numbers: each π_i keeps its relative
accuracy whatever the order of elimination (O'Cinneide 1993).

Here S is a whole set of mutually non-adjacent states of low degree, removed at once by sparse
products on arrays; a chain of N states on a path is finished in O(log N) rounds. What is left
when the remainder has filled up (chains that never become trees) is finished one state at a
time on a dense matrix.

Rates and probabilities of rare states leave the range of doubles long before they lose their
meaning (10^-335 in a cluster of 50 servers). Every number is therefore carried as m · 2^e with a
double m and an integer e; no accuracy and no connection is ever lost to underflow.

Accuracy: entrywise relative error of a few units of rounding times the number of rounds
(measured: see ``docs/solvers.md``). Memory: a few numbers per non-zero, fill-in included.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Flows

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Share of non-zeros in the remainder above which the dense form is cheaper than the sparse one.
DENSE_SHARE = 0.2
#: Remainders below this size are never worth a dense matrix of their own.
DENSE_STATES = 4
#: Exponent of an absent rate.
_NEVER = -(2**60)
#: Doubles above this keep all their digits, and so do sums of their products.
_SAFE = 1e-290

_SMALLER = "Solve a smaller chain, or one whose structure is closer to a tree."


class Scaled(NamedTuple):
    """Non-negative numbers m · 2^e, beyond the range of doubles."""

    m: Floats
    e: Integers


@dataclass(frozen=True)
class GTH:
    """Steady state by subtraction-free elimination of sets of non-adjacent states.

    Works for every chain with one recurrent class, in any order of the states, and gives each
    probability its full relative accuracy, as a logarithm where doubles underflow.
    """

    name = "GTH"

    def log_weights(self, flows: Flows) -> tuple[Floats, Floats]:
        """Return the steady state of an irreducible chain.

        Parameters
        ----------
        flows : Flows
            Off-diagonal rates [1/h] of one irreducible class.

        Returns
        -------
        tuple of ndarray
            Probabilities π and their natural logarithms, shape (states,).

        Raises
        ------
        SizeError
            If the fill-in would not fit in memory.
        """
        weight = _stationary(flows.size, flows.origin, flows.target, _scaled(flows.rate))
        return _normalise(weight)


class _Step(NamedTuple):
    """One removed set: its states, and its inflows divided by its pivots."""

    states: Integers
    origin: Integers
    first: Integers
    inflow: Scaled


def _scaled(x: Floats) -> Scaled:
    m, e = np.frexp(x)
    return Scaled(m, e.astype(np.int64))


def _group_sums(x: Scaled, first: Integers, group: Integers) -> Scaled:
    """Sums over consecutive groups; ``first`` are their starts, ``group`` numbers each entry."""
    top = np.maximum.reduceat(x.e, first)
    total = np.add.reduceat(np.ldexp(x.m, np.maximum(x.e - top[group], -2000).astype(np.int32)), first)
    m, e = np.frexp(total)
    return Scaled(m, e + top)


def _stationary(size: int, row: Integers, col: Integers, rate: Scaled) -> Scaled:
    """Unnormalised steady state: remove sets forwards, substitute backwards."""
    steps: list[_Step] = []
    alive = np.arange(size)
    pi = Scaled(np.zeros(size), np.zeros(size, np.int64))
    row, col, rate = _merge(row, col, rate, size)
    while size > 1:
        if size > DENSE_STATES and len(row) > DENSE_SHARE * size * (size - 1):
            break
        chosen = _independent_states(size, row, col)
        step, row, col, rate = _remove(chosen, size, row, col, rate)
        steps.append(_Step(alive[step.states], alive[step.origin], step.first, step.inflow))
        renumber = np.cumsum(~chosen) - 1
        alive = alive[~chosen]
        row, col, size = renumber[row], renumber[col], len(alive)
    rest = _dense(size, row, col, rate)
    pi.m[alive], pi.e[alive] = rest
    for step in reversed(steps):
        m, e = np.frexp(pi.m[step.origin] * step.inflow.m)
        term = Scaled(m, e + pi.e[step.origin] + step.inflow.e)
        group = np.repeat(np.arange(len(step.first)), np.diff(step.first, append=len(m)))
        pi.m[step.states], pi.e[step.states] = _group_sums(term, step.first, group)
    return pi


def _merge(row: Integers, col: Integers, rate: Scaled, size: int) -> tuple[Integers, Integers, Scaled]:
    """Sort by (row, column) and add up parallel transitions; drop self-loops."""
    keep = np.flatnonzero(row != col)
    key = row[keep] * size + col[keep]
    order = np.argsort(key, kind="stable")
    key, keep = key[order], keep[order]
    m, e = rate.m[keep], rate.e[keep]
    new = np.empty(len(key), bool)
    new[:1] = True
    np.not_equal(key[1:], key[:-1], out=new[1:])
    first = np.flatnonzero(new)
    if len(first) < len(key):
        m, e = _group_sums(Scaled(m, e), first, np.cumsum(new) - 1)
        key = key[first]
    row = key // size
    return row, key - row * size, Scaled(m, e)


def _independent_states(size: int, row: Integers, col: Integers) -> NDArray[np.bool_]:
    """Choose mutually non-adjacent states whose removal adds few transitions."""
    inflows = np.bincount(col, minlength=size)
    outflows = np.bincount(row, minlength=size)
    fill = inflows * outflows - np.minimum(inflows, outflows)
    scatter = (np.arange(size) * 0x9E3779B1) & 0xFFFFFFFF
    key = (fill << 32) | scatter
    chosen = np.zeros(size, bool)
    open_ = fill <= 2 * fill.min() + 2
    for _ in range(3):
        both = np.flatnonzero(open_[row] & open_[col])
        r, c = row[both], col[both]
        winner = open_.copy()
        winner[np.where(key[r] < key[c], c, r)] = False
        chosen |= winner
        open_ &= ~winner
        open_[col[np.flatnonzero(winner[row])]] = False
        open_[row[np.flatnonzero(winner[col])]] = False
        if not open_.any():
            break
    return chosen


def _remove(
    chosen: NDArray[np.bool_], size: int, row: Integers, col: Integers, rate: Scaled
) -> tuple[_Step, Integers, Integers, Scaled]:
    """Remove the chosen states: one round of the formula at the head of this file."""
    from_chosen, to_chosen = chosen[row], chosen[col]
    leaves, enters = np.flatnonzero(from_chosen), np.flatnonzero(to_chosen)
    stays = np.flatnonzero(~(from_chosen | to_chosen))
    states = np.flatnonzero(chosen)
    place = np.cumsum(chosen) - 1
    # Outflows are sorted by row: the outflows of the k-th removed state are first[k] : first[k] + count[k].
    source, target, out = place[row[leaves]], col[leaves], Scaled(rate.m[leaves], rate.e[leaves])
    count = np.bincount(source, minlength=len(states))
    first = np.cumsum(count) - count
    pivot = _group_sums(out, first, source)
    # Inflows, sorted by the removed state.
    enters = enters[np.argsort(col[enters], kind="stable")]
    origin, into = row[enters], place[col[enters]]
    m = rate.m[enters] / pivot.m[into]
    e = rate.e[enters] - pivot.e[into]
    arrivals = np.bincount(into, minlength=len(states))
    step = _Step(states, origin, np.cumsum(arrivals) - arrivals, Scaled(m, e))
    # Every path i → s → j: repeat each inflow for all outflows of its state.
    fan = count[into]
    paths = int(fan.sum())
    require_memory("The fill-in of GTH", 60 * (paths + len(row)), _SMALLER)
    via = np.repeat(np.arange(len(into)), fan)
    hop = np.arange(paths) - np.repeat(np.cumsum(fan) - fan - first[into], fan)
    m, shift = np.frexp(m[via] * out.m[hop])
    new_rate = Scaled(
        np.concatenate([rate.m[stays], m]), np.concatenate([rate.e[stays], e[via] + out.e[hop] + shift])
    )
    new_row = np.concatenate([row[stays], origin[via]])
    new_col = np.concatenate([col[stays], target[hop]])
    row, col, rate = _merge(new_row, new_col, new_rate, size)
    return step, row, col, rate


def _dense(size: int, row: Integers, col: Integers, rate: Scaled) -> Scaled:
    """Finish a full remainder, in plain doubles where their range allows it."""
    require_memory("The dense remainder of GTH", 50 * size * size, _SMALLER)
    # The rates of one state may share any factor: π is divided by it in the end.
    top = np.full(size, _NEVER)
    np.maximum.at(top, row, rate.e)
    m, e = np.zeros((size, size)), np.full((size, size), _NEVER)
    m[row, col], e[row, col] = rate.m, rate.e - top[row]
    try:
        with np.errstate(under="raise", over="raise"):
            q = _eliminate_doubles(np.ldexp(m, np.maximum(e, -1100).astype(np.int32)))
        if _smallest(q) < _SAFE:  # a subnormal that arose exactly, without a flag
            raise FloatingPointError("underflow")
        # An absent rate must not decide the exponent of a sum.
        m, e = q, np.where(q > 0, 0, _NEVER)
    except FloatingPointError:
        m, e = _eliminate_scaled(m, e)
    pi = Scaled(np.ones(size), np.zeros(size, np.int64))
    for s in range(1, size):
        term, shift = np.frexp(pi.m[:s] * m[:s, s])
        pi.m[s], pi.e[s] = _sum(Scaled(term, pi.e[:s] + e[:s, s] + shift))
    return Scaled(pi.m, pi.e - np.where(top == _NEVER, 0, top))


def _eliminate_doubles(q: Floats, block: int = 48) -> Floats:
    """Eliminate states size-1 … 1; column s keeps q_is / d_s. FloatingPointError if doubles cannot hold it.

    Blocks of states are eliminated in a panel and applied to the rest by one matrix product,
    which is safe as long as no product of two of its entries can underflow.
    """
    for stop in range(len(q), 1, -block):
        start = max(stop - block, 0)
        for s in range(stop - 1, max(start, 1) - 1, -1):
            q[:s, s] /= q[s, :s].sum()
            q[start:s, :s] += np.multiply.outer(q[start:s, s], q[s, :s])
            q[:start, start:s] += np.multiply.outer(q[:start, s], q[s, start:s])
        left, right = q[:start, start:stop], q[start:stop, :start]
        if start and _smallest(left) * _smallest(right) < _SAFE:
            raise FloatingPointError("underflow")
        q[:start, :start] += left @ right
    return q


def _smallest(x: Floats) -> float:
    return float(np.min(x, initial=1.0, where=x > 0))


def _eliminate_scaled(m: Floats, e: Integers) -> Scaled:
    """Eliminate as above on m · 2^e, for remainders whose rates leave the range of doubles."""
    for s in range(len(m) - 1, 0, -1):
        pivot_m, pivot_e = _sum(Scaled(m[s, :s], e[s, :s]))
        m[:s, s] /= pivot_m
        e[:s, s] -= pivot_e
        via_m, via_e = np.multiply.outer(m[:s, s], m[s, :s]), np.add.outer(e[:s, s], e[s, :s])
        top = np.maximum(np.maximum(e[:s, :s], via_e), _NEVER)
        total = _down(m[:s, :s], e[:s, :s] - top) + _down(via_m, via_e - top)
        m[:s, :s], shift = np.frexp(total)
        e[:s, :s] = np.where(total > 0, top + shift, _NEVER)
    return Scaled(m, e)


def _down(m: Floats, shift: Integers) -> Floats:
    return np.ldexp(m, np.maximum(shift, -2000).astype(np.int32))


def _sum(x: Scaled) -> tuple[np.float64, np.int64]:
    top = x.e.max()
    m, e = np.frexp(_down(x.m, x.e - top).sum())
    return m, e + top


def _normalise(weight: Scaled) -> tuple[Floats, Floats]:
    top = weight.e.max()
    total = _down(weight.m, weight.e - top).sum()
    share = weight.m / total
    shift = weight.e - top
    return _down(share, shift), np.log(share) + shift * np.log(2.0)
