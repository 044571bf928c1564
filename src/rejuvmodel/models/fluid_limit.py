"""Fluid limit of a pool: its operating points, and the Gaussian noise around each.

Shares of N servers: x = (h, a, r, f), with required K, slots s, crews c and primaries n as shares too. As
N → ∞ the pool follows dx/dt = Σ jump · rate(x). The rates are linear in pieces: repair μ·min(f, c), and the
minima of standby. The rule of rejuvenation makes four regimes:

    "free"    no limit holds anything back: a → r at λ_r·a
    "slots"   all slots are taken: r = s, and a server starts whenever one is done
    "guard"   the guard holds up servers at h + a = K: a server starts whenever another comes up
    "off"     fewer than K are up, or the pool has no rejuvenation: none starts, r = 0

In "slots" and "guard" the starts follow so fast upon the events that allow them that they take no time on
the scale of N. What they leave alone, h and f, are the coordinates there. How many servers lag behind at any
moment is a fast birth–death chain (``up_counts``); its moments, those of a few servers, are added. In each
piece the balance is a linear system; a solution is an operating point if it lies in its piece. So all are
found, without iterating.

Noise: with A the Jacobian in the coordinates and D = Σ rate · jump·jumpᵀ, the covariance Σ/N solves
A·Σ + Σ·Aᵀ + D = 0 (the linear noise approximation). The equations of the third cumulants are linear as well;
they give the skewness of the number of up servers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.models.up_counts import LagCount

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.pool import Pool

    Floats = NDArray[np.float64]

#: Jumps of (h, a, r, f) by aging, failure, rejuvenation, restart and repair.
JUMPS = np.array(
    [[-1.0, 1, 0, 0], [0, -1, 0, 1], [0, -1, 1, 0], [1, 0, -1, 0], [1, 0, 0, -1]]
)  # fmt: skip
#: How far outside its piece rounding may put a point: relatively, and as a share of N.
_ROUNDING, _NOISE = 1e-9, 1e-14
#: What a server is that may start but has not yet, and how often its share is put right.
_LAGGING, _REFINEMENTS = np.array([0.0, 1, -1, 0]), 30
#: x = base + directions · y: the base and, of x, the coordinates y and what follows each.
_FREE = ((1, 2, 3), np.array([[-1.0, -1, -1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]))
_SLOTS = ((0, 3), np.array([[1.0, 0], [-1, -1], [0, 0], [0, 1]]))
_GUARD = ((0, 3), np.array([[1.0, 0], [-1, 0], [0, -1], [0, 1]]))
_COORDINATES = {"free": _FREE, "slots": _SLOTS, "guard": _GUARD, "off": _SLOTS}


class Limit(NamedTuple):
    """Where a piece ends: ``row`` · (h, a, r, f, 1) ≥ 0, in words."""

    words: str
    row: Floats


class Piece(NamedTuple):
    """Rates linear in (h, a, r, f, 1), one row for each jump, within limits."""

    regime: str
    base: Floats
    rates: Floats
    limits: tuple[Limit, ...]


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """A rest point of the fluid limit.

    Attributes
    ----------
    regime : str
        Which rule of rejuvenation holds there.
    shares : ndarray
        Shares (h, a, r, f) of the servers.
    noise : ndarray
        N times the covariance of the shares, shape (4, 4).
    up_skewness : float
        √N times the skewness of the share of up servers.
    flows : ndarray
        Events per hour and server: aging, failure, rejuvenation, restart, repair.
    limits : tuple of (str, float, float)
        Each limit of the piece in words, its distance as a share, and √N standard deviations of that.
    lag : LagCount or None
        Servers that may start but have not yet, where slots or the guard bind.
    """

    regime: str
    shares: Floats
    noise: Floats
    up_skewness: float
    flows: Floats
    limits: tuple[tuple[str, float, float], ...]
    lag: LagCount | None = None


def operating_points(pool: Pool) -> list[OperatingPoint]:
    """Return the stable operating points of a pool, the one with the most up servers first."""
    pieces = list(_pieces(pool))
    found: list[OperatingPoint] = []
    for piece in pieces:
        point = _point(piece)
        # Where pieces meet, both have the point.
        if point is not None and not any(np.allclose(point.shares, p.shares, 1e-6, 1e-12) for p in found):
            found.append(point)
    points = [_refined(pool, pieces, one) if one.regime in ("slots", "guard") else one for one in found]
    return sorted(points, key=lambda point: -float(point.shares[:2].sum()))


def _refined(pool: Pool, pieces: list[Piece], point: OperatingPoint) -> OperatingPoint:
    """The point with the servers that lag behind: a few, whatever N, but perhaps into another piece."""
    total, mean, behind = pool.total, 0.0, 0.0
    same = [piece for piece in pieces if piece.regime == point.regime]
    for _ in range(_REFINEMENTS):
        lag = _lag(pool, point, mean, behind)
        shift = lag.mean / total * _LAGGING
        shifted = (_point(piece._replace(base=piece.base + shift)) for piece in same)
        nearer = min((one for one in shifted if one is not None), key=partial(_distance, point), default=None)
        if nearer is None:
            break
        done = np.allclose(nearer.shares, point.shares, rtol=1e-12, atol=1e-15)
        point, mean, behind = nearer, lag.mean, lag.behind
        if done:
            break
    noise = point.noise + lag.central_moment(2) / total * np.outer(_LAGGING, _LAGGING)
    slow, both = (float(x[:2, :2].sum()) for x in (point.noise, noise))
    third = point.up_skewness * max(slow, 0.0) ** 1.5 + lag.central_moment(3) / total
    return replace(point, noise=noise, up_skewness=third / both**1.5 if both > 0 else 0.0, lag=lag)


def _distance(one: OperatingPoint, other: OperatingPoint) -> float:
    return float(np.abs(one.shares - other.shares).sum())


def _lag(pool: Pool, point: OperatingPoint, mean: float, behind: float) -> LagCount:
    """Law of the servers that lag behind, with the rates that the pool has where so many do."""
    h, a, r, f = pool.total * point.shares
    a, r, f = a - mean, r + mean + behind, f - behind  # where none lags
    far = 100 + int(12 * np.sqrt(pool.total))
    lags = np.arange(
        0.0, min(far, pool.places, pool.total - pool.needed + pool.needed * (not pool.guarded)) + 1
    )
    ahead = pool.rates_out(h, a + lags, np.maximum(r - lags, 0.0), f)
    starts = pool.require_rejuvenation() * (a + lags)
    if point.regime == "slots":
        return LagCount.of((ahead.restart, starts))
    lost = np.arange(0.0, min(far, int(a)) + 1)
    back = pool.rates_out(h, a - lost, r, f + lost)
    return LagCount.of(
        (ahead.restart + ahead.repair, ahead.failure + starts), (back.failure, back.restart + back.repair)
    )


def _point(piece: Piece) -> OperatingPoint | None:
    chosen, directions = _COORDINATES[piece.regime]
    jumps = JUMPS[:, list(chosen)].T
    linear = piece.rates[:, :4]
    jacobian = jumps @ linear @ directions
    try:
        y = np.linalg.solve(jacobian, -jumps @ (linear @ piece.base + piece.rates[:, 4]))
    except np.linalg.LinAlgError:
        return None
    shares = piece.base + directions @ y
    if not np.isfinite(shares).all() or np.linalg.eigvals(jacobian).real.max() > 0:
        return None
    with_one = np.append(shares, 1.0)
    if shares.min() < -_NOISE or any(
        limit.row @ with_one
        < -_ROUNDING * np.abs(limit.row) @ np.abs(with_one) - _NOISE * np.abs(limit.row).max()
        for limit in piece.limits
    ):
        return None
    shares = np.maximum(shares, 0.0)
    flows = np.maximum(piece.rates @ np.append(shares, 1.0), 0.0)
    inner = _lyapunov(jacobian, (jumps * flows) @ jumps.T)
    third = _third_cumulants(jacobian, jumps, linear @ directions, flows, inner)
    covariance = directions @ inner @ directions.T
    limits = tuple(
        (
            limit.words,
            max(0.0, float(limit.row @ with_one)),
            float(np.sqrt(max(0.0, limit.row[:4] @ covariance @ limit.row[:4]))),
        )
        for limit in piece.limits
    )
    if piece.regime != "free":
        flows[2] = flows[3]  # as many start as are done
    up = directions[:2].sum(axis=0)
    spread = float(up @ inner @ up)
    skewness = float(np.einsum("ijk,i,j,k", third, up, up, up)) / spread**1.5 if spread > 0 else 0.0
    return OperatingPoint(piece.regime, shares, covariance, skewness, flows, limits)


def _lyapunov(jacobian: Floats, diffusion: Floats) -> Floats:
    """Σ with A·Σ + Σ·Aᵀ + D = 0, of at most three coordinates."""
    unit = np.eye(len(jacobian))
    system = np.kron(jacobian, unit) + np.kron(unit, jacobian)
    covariance = np.linalg.solve(system, -diffusion.ravel()).reshape(diffusion.shape)
    symmetric: Floats = (covariance + covariance.T) / 2
    return symmetric


def _third_cumulants(
    jacobian: Floats, jumps: Floats, gradients: Floats, flows: Floats, covariance: Floats
) -> Floats:
    """Third cumulants of the coordinates, times N²; jumps in columns, gradients of their rates in rows."""
    size, unit = len(jacobian), np.eye(len(jacobian))
    source = np.einsum("iq,jq,kq,q", jumps, jumps, jumps, flows)
    mixed = np.einsum("iq,jq,qk", jumps, jumps, gradients @ covariance)
    source += mixed + mixed.transpose(0, 2, 1) + mixed.transpose(2, 0, 1)
    system = sum(
        np.kron(np.kron(*pair[:2]), pair[2])
        for pair in ((jacobian, unit, unit), (unit, jacobian, unit), (unit, unit, jacobian))
    )
    third: Floats = np.linalg.solve(system, -source.ravel()).reshape(size, size, size)
    return third


def _row(h: float = 0, a: float = 0, r: float = 0, f: float = 0, one: float = 0) -> Floats:
    return np.array([h, a, r, f, one], dtype=np.float64)


def _pieces(pool: Pool) -> Iterator[Piece]:
    """Every combination of a regime, of crews idle or all at work, and of who is active."""
    total, rates = pool.total, pool.rates
    crews, repair = pool.crews / total, float(rates.repair)
    repairs = [(_row(f=repair), [Limit("the repair crews", _row(f=-1, one=crews))])]
    if pool.crews < total:
        repairs.append((_row(one=repair * crews), [Limit("the repair crews", _row(f=1, one=-crews))]))
    else:
        repairs[0][1].clear()
    restart = _row(r=float(rates.restart))
    for mended, crew_limits in repairs:
        for ages, fails, active_limits in _active(pool):
            for regime, base, starts, limits in _regimes(pool, fails, restart, mended):
                rows = np.stack([ages, fails, starts, restart, mended])
                yield Piece(regime, base, rows, (*crew_limits, *active_limits, *limits))


def _active(pool: Pool) -> Iterator[tuple[Floats, Floats, list[Limit]]]:
    """Rates of aging and failure, and where they hold."""
    aging, failure, share = float(pool.rates.aging), float(pool.rates.failure), pool.dormancy
    if pool.mode == "active/active" or share == 1 or pool.spares == 0:
        yield _row(h=aging), _row(a=failure), []
        return
    n = pool.primaries / pool.total
    places, spares = "the active places", "the spares"
    healthy = _row(h=share, a=share - 1, one=(1 - share) * n)
    unstable = Limit(places, _row(a=-1, one=n))
    yield aging * healthy, _row(a=failure), [unstable, Limit(spares, _row(h=1, a=1, one=-n))]
    yield _row(h=aging), _row(a=failure), [unstable, Limit(spares, _row(h=-1, a=-1, one=n))]
    yield (
        _row(h=aging * share),
        failure * _row(a=share, one=(1 - share) * n),
        [Limit(places, _row(a=1, one=-n))],
    )


def _regimes(
    pool: Pool, fails: Floats, restart: Floats, mended: Floats
) -> Iterator[tuple[str, Floats, Floats, list[Limit]]]:
    """Regime, base of its coordinates, rate of starts, and where it holds."""
    trigger, nothing = pool.require_rejuvenation(), _row()
    slots, required = pool.places / pool.total, pool.needed / pool.total
    if trigger == 0 or slots == 0 or (pool.guarded and required == 1):
        yield "off", np.array([0.0, 1, 0, 0]), nothing, []
        return
    starts, up = _row(a=trigger), _row(h=1, a=1, one=-required)
    guard = [Limit("the guard", up)] if pool.guarded else []
    enough = [Limit("the rejuvenation slots", _row(r=-1, one=slots))] if slots < 1 else []
    yield "free", np.array([1.0, 0, 0, 0]), starts, [*guard, *enough]
    if slots < 1:
        waiting = Limit("the rejuvenation slots", starts - restart)
        yield "slots", np.array([0.0, 1 - slots, slots, 0]), nothing, [*guard, waiting]
    if pool.guarded:
        allowed = restart + mended - fails
        held = [Limit("the guard", allowed), Limit("the guard", starts - allowed)]
        yield "guard", np.array([0.0, required, 1 - required, 0]), nothing, [*enough, *held]
        yield "off", np.array([0.0, 1, 0, 0]), nothing, [Limit("the guard", -up)]
