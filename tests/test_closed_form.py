"""The closed form on whole grids: shapes, blocks, hard points, memory and sizes."""

from __future__ import annotations

import math
import tracemalloc
from typing import Any

import exact
import numpy as np
import pytest
import solvers
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.models import closed_form, level_weights

pytestmark = pytest.mark.usefixtures("both_schemes")

NAMES = ("aging", "failure", "rejuvenation", "repair", "restart")
MASSES = ("unplanned", "planned", "unavailability", "degraded", "rejuvenating", "rejuvenations")
MEASURES = ("availability", "unavailability", "log_unavailability", "planned_unavailability",
            "unplanned_unavailability", "nines")  # fmt: skip


def numbers(rates: rj.Rates) -> list[Any]:
    return [getattr(rates, name) for name in NAMES]


def plainly(servers: int, aging: Any, failure: Any, rejuvenation: Any, repair: Any, restart: Any) -> Any:
    """Unavailability by the recurrence as it stands, in the widest floats there are."""
    aging, failure, rejuvenation, repair, restart = (
        np.asarray(x, np.longdouble) for x in (aging, failure, rejuvenation, repair, restart)
    )
    beta, c = repair / aging, (1 + rejuvenation / restart) * repair / failure
    alpha = beta * rejuvenation / failure
    h: Any = np.ones(())
    with np.errstate(over="ignore"):
        for i in range(servers, 0, -1):
            h = (alpha / i + beta) * h + (1 + c / i)
    return (1 + rejuvenation * repair / (restart * failure)) / h


@pytest.mark.parametrize("servers", [1, 2, 3, 10, 15, 16, 17, 50])
def test_grid_is_the_recurrence(servers: int) -> None:
    """On 5,000 random points the unavailability is that of the plain recurrence to 1e-13."""
    rates = solvers.grid(5000)
    found = closed_form.unavailability(servers, *numbers(rates))
    right = plainly(servers, *numbers(rates))
    seen = right > 1e-290
    assert np.max(np.abs(found / right - 1)[seen]) <= 1e-13
    logs = closed_form.masses(servers, *numbers(rates), names=("unavailability",), logarithms=True)[0]
    known = right > 0  # the widest floats may be doubles
    expected = np.log(right[known])
    assert np.max(np.abs(logs[known] - expected) / np.maximum(1, -expected)) <= 1e-13


def test_grid_keeps_its_digits_over_nine_decades() -> None:
    """Every mass of a grid over nine decades is right to 1e-13 against exact fractions, in logarithms too."""
    rates = solvers.grid(60, seed=3, decades=(-6, 3))
    for servers in (1, 4, 16, 20):
        values = closed_form.masses(servers, *numbers(rates), names=MASSES)
        logs = closed_form.masses(servers, *numbers(rates), names=MASSES, logarithms=True)
        for k in range(60):
            point = {name: float(getattr(rates, name)[k]) for name in NAMES}
            pi = exact.cluster_stationary(servers, **point)
            right = exact.measures(servers, pi, point["restart"], capacity=1)
            unstable = exact.measures(servers, pi, point["restart"], degraded=1).cost_rate
            exactly = (right.unplanned, right.planned, right.unavailability, unstable, right.cost_rate,
                       right.rejuvenations)  # fmt: skip
            for name, value, log, q in zip(MASSES, values, logs, exactly, strict=True):
                if q > solvers.RESOLVED:
                    assert exact.relative_error(float(value[k]), q) <= 1e-13, (name, servers, point)
                assert solvers.log_error(float(log[k]), exact.log_fraction(q)) <= 1e-13, (
                    name,
                    servers,
                    point,
                )


@pytest.mark.parametrize("servers", [1, 2, 15, 16, 40])
@pytest.mark.parametrize("name", MASSES)
def test_one_mass_is_as_good_as_all(name: str, servers: int) -> None:
    """A mass asked for alone has the value that it has among all, to rounding."""
    rates = numbers(solvers.grid(200))
    together = closed_form.masses(servers, *rates, names=MASSES)[MASSES.index(name)]
    alone = closed_form.masses(servers, *rates, names=(name,))[0]
    assert alone == pytest.approx(together, rel=1e-14, abs=0)


@pytest.mark.parametrize("servers", [1, 3, 16, 60])
def test_points_alone_and_in_a_grid(servers: int) -> None:
    """Each point has, to rounding, the same measures alone as within the grid."""
    rates = solvers.grid(40)
    grid = rj.solve(rj.Cluster(servers, rates))
    for k in range(40):
        alone = rj.solve(rj.Cluster(servers, rates[k]))
        for name in MEASURES:
            # Where the system is nearly always down these are differences from 1, or logarithms of about 1.
            near = 1e-14 if name in ("availability", "log_unavailability", "nines") else 1e-320
            assert getattr(grid, name)[k] == pytest.approx(getattr(alone, name), rel=1e-14, abs=near)
        assert grid.probabilities[k].tolist() == pytest.approx(alone.probabilities.tolist(), rel=1e-14, abs=0)


@pytest.mark.parametrize("servers", [1, 2, 12])
def test_numbers_and_arrays_of_one(servers: int) -> None:
    """A number and an array of that number give the very same bits."""
    rates = solvers.regime("draw 5").rates
    single = rj.solve(rj.Cluster(servers, rj.Rates(**rates)))
    row = rj.solve(rj.Cluster(servers, rj.Rates(**{name: [value] for name, value in rates.items()})))
    for name in MEASURES:
        assert isinstance(getattr(single, name), float)
        assert getattr(row, name).tolist() == [getattr(single, name)]
    assert row.probabilities.tolist() == [single.probabilities.tolist()]


@pytest.mark.parametrize("more", [-1, 0, 1, 5])
@pytest.mark.parametrize("names", [("unavailability",), MASSES], ids=["one", "all"])
def test_block_boundary(names: tuple[str, ...], more: int) -> None:
    """Around the size of a block every point has the value it has in another place."""
    size = closed_form.BLOCK + more
    rates = numbers(solvers.grid(size))
    whole = closed_form.masses(10, *rates, names=names)
    half = closed_form.masses(10, *(x[size // 2 :] for x in rates), names=names)
    for a, b in zip(whole, half, strict=True):
        assert a[size // 2 :] == pytest.approx(b, rel=1e-14, abs=0)


def test_points_in_another_order() -> None:
    """Reversing a grid of several blocks reverses its measures."""
    rates = numbers(solvers.grid(2 * closed_form.BLOCK + 77))
    forward = closed_form.unavailability(7, *rates)
    backward = closed_form.unavailability(7, *(x[::-1] for x in rates))
    assert backward[::-1] == pytest.approx(forward, rel=1e-14, abs=0)


@pytest.mark.parametrize(
    "shapes",
    [
        ((4,), (4,), (4,), (4,), (4,)),
        ((3, 1), (4,), (), (), ()),
        ((2, 1, 1), (3, 1), (4,), (1,), ()),
        ((1, 1), (), (), (), (5, 1)),
        ((40, 1), (1, 60), (), (), ()),
        ((), (), (), (), ()),
        ((2, 3, 4), (), (2, 1, 4), (3, 1), (1,)),
    ],
)
@pytest.mark.parametrize("servers", [1, 3, 20])
def test_broadcasting(shapes: tuple[tuple[int, ...], ...], servers: int) -> None:
    """Rates of any shapes that broadcast give, at each index, the measures of the rates at that index."""
    chance = np.random.default_rng(11)
    rates = [10 ** chance.uniform(-3, 1, shape) for shape in shapes]
    full = np.broadcast_arrays(*rates)
    found = closed_form.unavailability(servers, *rates)
    assert found.shape == full[0].shape
    flat = closed_form.unavailability(servers, *(x.ravel() for x in full))
    assert found.ravel() == pytest.approx(flat, rel=1e-14, abs=0)
    pi, log_pi = closed_form.probabilities(servers, *rates)
    assert pi.shape == log_pi.shape == (*found.shape, 3 * servers + 1)
    assert pi[..., servers] + pi[..., -1] == pytest.approx(found, rel=1e-13, abs=0)


def test_strided_rates() -> None:
    """Rates that are views with strides, or transposed, give the same as copies of them."""
    base = 10 ** np.random.default_rng(1).uniform(-3, 1, (60, 50))
    found = closed_form.unavailability(5, base.T[::3], 0.01, 0.1, base.T[::3] * 2, 3.0)
    copied = closed_form.unavailability(5, base.T[::3].copy(), 0.01, 0.1, base.T[::3].copy() * 2, 3.0)
    assert found.tolist() == copied.tolist()


HARD = (
    dict(zip(NAMES, values, strict=True))
    for values in (
        (1e-4, 1e-7, 1e-3, 1.0, 60.0),  # P_0 is 10^-335 at fifty servers
        (1e-6, 1e-6, 1e3, 1e3, 1e3),
        (1e-80, 1.0, 1.0, 1.0, 1.0),
        (1.0, 1e-80, 1.0, 1.0, 1.0),
        (1.0, 1.0, 1e-80, 1.0, 1.0),
        (1.0, 1.0, 1e80, 1.0, 1e-80),
        (0.0, 1.0, 1.0, 1.0, 1.0),
        (1.0, 0.0, 1.0, 1.0, 1.0),
        (1.0, 0.0, 0.0, 1.0, 1.0),
        (1.0, 1.0, 0.0, 1.0, 1.0),
        (1.0, 1.0, math.inf, 1.0, 1.0),
        (1e-300, 1e300, 1e-300, 1e300, 1e-300),
        (3e-310, 5e-324, 1e300, 1e300, 1e300),
    )
)
HARD_POINTS = tuple(HARD)


@pytest.mark.parametrize("servers", [1, 5, 16, 50])
@pytest.mark.parametrize("among", [1, 300, closed_form.BLOCK + 3])
def test_hard_points_in_a_grid(among: int, servers: int) -> None:
    """Points that leave the doubles, and limits, are right within a grid, and so are their neighbours."""
    easy = solvers.grid(among)
    spots = np.linspace(0, among, len(HARD_POINTS)).astype(int)
    mixed = [np.insert(getattr(easy, name), spots, [point[name] for point in HARD_POINTS]) for name in NAMES]
    places = spots + np.arange(len(spots))
    values = closed_form.masses(servers, *mixed, names=MASSES)
    logs = closed_form.masses(servers, *mixed, names=MASSES, logarithms=True)
    expected = closed_form.masses(servers, *(getattr(easy, name) for name in NAMES), names=MASSES)
    for found, right in zip(values, expected, strict=True):
        assert np.delete(found, places) == pytest.approx(right, rel=5e-14, abs=0)
    for k, point in zip(places, HARD_POINTS, strict=True):
        pi = exact.cluster_log_probabilities(servers, **point)
        for name, value, log in zip(MASSES, values, logs, strict=True):
            right = log_mass(name, servers, pi, point["restart"])
            assert solvers.log_error(float(log[k]), right) <= 1e-13, (name, point)
            if right < -800:
                assert value[k] == 0
            elif right > -667:
                assert float(value[k]) == pytest.approx(math.exp(right), rel=1e-12, abs=0), (name, point)


def log_mass(name: str, servers: int, log_pi: list[float], restart: float) -> float:
    """Logarithm of a mass from the log-probabilities in the order of the labels."""
    states = {
        "unplanned": [servers],
        "planned": [3 * servers],
        "unavailability": [servers, 3 * servers],
        "degraded": range(servers + 1, 2 * servers + 1),
        "rejuvenating": range(2 * servers + 1, 3 * servers + 1),
        "rejuvenations": range(2 * servers + 1, 3 * servers + 1),
    }[name]
    terms = [log_pi[k] for k in states]
    top = max(terms)
    if top == -math.inf:
        return top
    total = top + math.log(math.fsum(math.exp(term - top) for term in terms))
    return total + math.log(restart) if name == "rejuvenations" else total


@given(st.data())
def test_any_point_of_any_grid(data: st.DataObject) -> None:
    """Any grid of any rates, zeros and infinities included, has the values that GTH finds at each point."""
    size = data.draw(st.integers(1, 6))
    rate = st.floats(-80, 80).map(lambda x: 10**x)
    columns = {
        "aging": rate | st.just(0.0),
        "failure": rate | st.just(0.0),
        "rejuvenation": rate | st.sampled_from([0.0, math.inf]),
        "repair": rate,
        "restart": rate,
    }
    rates = {name: data.draw(st.lists(one, min_size=size, max_size=size)) for name, one in columns.items()}
    grid = rj.Cluster(data.draw(st.integers(1, 20)), rj.Rates(**rates))
    rj.agreement(grid).check(rtol=1e-12)


def test_a_million_servers() -> None:
    """A million servers have a finite log-unavailability, and a plain sum of logarithms confirms it."""
    servers = 1_000_000
    rates = solvers.regime("duplex").rates
    state = rj.solve(rj.Cluster(servers, rj.Rates(**rates)))
    assert state.unavailability == 0.0
    assert state.log_unavailability == pytest.approx(_summed_logs(servers, **rates), rel=1e-12)
    assert state.log_unavailability < -4_000_000


def _summed_logs(
    servers: int, aging: float, failure: float, rejuvenation: float, repair: float, restart: float
) -> float:
    """ln U from ln(P_{i−1}/P_i) = ln(iλ/μ) + ln(λ_f/(λ_r + iλ)), summed without rounding by fsum."""
    steps = [
        math.log(i * failure / repair) + math.log(aging / (rejuvenation + i * failure))
        for i in range(servers, 0, -1)
    ]
    # Only the highest levels carry weight; everything below is smaller by more than any double shows.
    normal, total = 1.0, []
    for i, step in zip(range(servers, servers - 2000, -1), steps, strict=False):
        sojourn = normal * aging / (rejuvenation + i * failure)
        total += [normal, sojourn, sojourn * rejuvenation / restart]
        normal *= math.exp(step)
    planned = rejuvenation / restart * repair / failure  # P_{r_1} / P_0
    return math.fsum(steps) - math.log(math.fsum(total)) + math.log1p(planned)


@pytest.mark.parametrize("rates", ["draw 2", "draw 8", "fast failure"])
def test_hundreds_of_thousands_of_servers(rates: str) -> None:
    """For 200,000 servers neighbouring log-probabilities differ by the logarithms of the recurrence."""
    servers, values = 200_000, solvers.regime(rates).rates
    state = rj.solve(rj.Cluster(servers, rj.Rates(**values)))
    found = state.log_probabilities
    i = np.arange(servers, 0, -1.0)
    ratio = np.log(i * values["failure"] / values["repair"] * values["aging"]
                   / (values["rejuvenation"] + i * values["failure"]))  # fmt: skip
    gaps = np.diff(found[: servers + 1]) - ratio
    assert np.max(np.abs(gaps)) <= 4e-16 * np.max(np.abs(found))
    assert np.exp(found).sum() == pytest.approx(1, rel=1e-11)


def test_sweep_of_a_million_points_needs_little_memory() -> None:
    """A sweep of a million points at ten servers takes at most 50 MB beyond input and result."""
    rates = solvers.grid(1_000_000)
    cluster = rj.Cluster(10, rates)
    tracemalloc.start()
    try:
        found = rj.solve(cluster).unavailability
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - found.nbytes <= 50e6
    sample = np.arange(0, 1_000_000, 9973)
    right = plainly(10, *(x[sample] for x in numbers(rates)))
    assert np.max(np.abs(found[sample] / right - 1)) <= 1e-13


def test_broadcast_grid_needs_little_memory() -> None:
    """A million points spanned by two axes of a thousand need little more memory than the result."""
    aging, failure = np.geomspace(1e-4, 1, 1000)[:, None], np.geomspace(1e-6, 1e-2, 1000)
    cluster = rj.Cluster(5, rj.Rates(aging=aging, failure=failure, repair=1, restart=3, rejuvenation=0.01))
    tracemalloc.start()
    try:
        found = rj.solve(cluster).unavailability
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.shape == (1000, 1000)
    assert peak - found.nbytes <= 50e6


def test_results_are_read_only() -> None:
    """Arrays that a solution hands out cannot be written to."""
    state = rj.solve(rj.Cluster(3, solvers.grid(5)))
    arrays = [getattr(state, name) for name in (*MEASURES, "probabilities", "log_probabilities")]
    arrays += [state["3"], state.log_probability("0"), state.downtime(8760)]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


@pytest.mark.parametrize("servers", [10**30, 10**400], ids=["10^30", "10^400"])
def test_uncountable_numbers_of_servers(servers: int) -> None:
    """A cluster whose states no array can number is refused at once."""
    with pytest.raises(rj.SizeError, match="servers: got 1000"):
        rj.Cluster(servers, rj.Rates(**solvers.regime("duplex").rates))


@pytest.mark.parametrize("servers", [10**12, 10**18], ids=["10^12", "10^18"])
def test_absurd_numbers_of_servers(servers: int) -> None:
    """A cluster too large for any memory is refused with an estimate, whatever is asked of it."""
    cluster = rj.Cluster(servers, rj.Rates(**solvers.regime("duplex").rates))
    for ask in (
        lambda: rj.solve(cluster).unavailability,
        lambda: rj.solve(cluster).probabilities,
        lambda: rj.solve(cluster).states,
        lambda: rj.solve(cluster, rj.GTH()),
        lambda: rj.solve(cluster, rj.Direct()),
        lambda: rj.agreement(cluster),
        cluster.chain,
        lambda: cluster.states,
    ):
        with pytest.raises(rj.SizeError, match=r"would need about .*B; .* are available"):
            ask()


def test_states_of_an_absurd_grid() -> None:
    """The probabilities of a grid too large for any memory are refused, its measures are not."""
    # 10^5 × 10^5 points in two small arrays.
    axis = np.geomspace(1e-4, 1, 100_000)
    grid = rj.Cluster(2, rj.Rates(aging=axis[:, None], failure=axis, repair=1, restart=1, rejuvenation=1))
    with pytest.raises(rj.SizeError, match=r"would need about .*B; .* are available"):
        _ = rj.solve(grid).probabilities
    with pytest.raises(rj.SizeError, match=r"would need about .*B; .* are available"):
        rj.solve(grid, rj.GTH())
    assert rj.solve(grid[:3, :4]).unavailability.shape == (3, 4)


@solvers.CHAIN_SOLVERS
def test_numeric_grid_has_the_shapes_of_the_closed_form(case: solvers.SolverCase) -> None:
    """On a grid the numeric road returns the shapes and the values of the closed form."""
    rates = rj.Rates(
        aging=[[0.1], [0.2]],
        failure=[0.01, 0.02, 0.0],
        repair=1,
        restart=3,
        rejuvenation=[0.0, math.inf, 0.5],
    )
    closed, numeric = rj.solve(rj.Cluster(3, rates)), rj.solve(rj.Cluster(3, rates), case.solver)
    costs = rj.Costs(**solvers.COSTS)
    for name in (*MEASURES, "probabilities", "log_probabilities"):
        a, b = getattr(closed, name), getattr(numeric, name)
        assert a.shape == b.shape
        assert b.ravel() == pytest.approx(a.ravel(), rel=case.rtol, abs=0)
    assert numeric.cost_rate(costs).ravel() == pytest.approx(closed.cost_rate(costs).ravel(), rel=case.rtol)
    assert numeric.shape == closed.shape == (2, 3)
    assert numeric.residual <= 1e-14


@pytest.mark.parametrize("run", [1, 7, 60, 61])
def test_runs_of_levels(run: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels summed in runs of any length give the sums of all at once."""
    rates = solvers.regime("duplex").rates
    numbers = [rates[name] for name in ("aging", "failure", "rejuvenation", "repair", "restart")]
    whole = closed_form.masses(60, *numbers, logarithms=True)
    monkeypatch.setattr(level_weights, "LEVELS_AT_A_TIME", run)
    assert np.allclose(closed_form.masses(60, *numbers, logarithms=True), whole, rtol=1e-14, atol=0)
