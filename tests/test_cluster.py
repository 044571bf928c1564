"""Cluster: the transition table, its labels, grids, limits, and what it refuses."""

from __future__ import annotations

import copy
import json
import math
import pickle
from typing import Any

import exact
import numpy as np
import pytest
import solvers
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.models.cluster_labels import ClusterLabels

DUPLEX = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3.0, "rejuvenation": 1 / 336}


def cluster(servers: int = 2, **changes: Any) -> rj.Cluster:
    return rj.Cluster(servers, rj.Rates(**(DUPLEX | changes)))


@pytest.mark.parametrize("servers", [1, 2, 3, 7, 16])
@pytest.mark.parametrize("regime", solvers.REGIMES, ids=lambda regime: regime.name)
def test_table_is_the_definition(regime: exact.Regime, servers: int) -> None:
    """The transition table is that of Fig. 3, transition by transition, in every regime."""
    chain = rj.Cluster(servers, rj.Rates(**regime.rates)).chain()
    found = {(a, b): float(rate) for a, b, rate in solvers.transitions(chain)}
    right = {(a, b): float(rate) for a, b, rate in exact.cluster_transitions(servers, **regime.rates)}
    assert found == pytest.approx(right, rel=1e-15, abs=0)
    assert len(solvers.transitions(chain)) == len(found)  # none is there twice


def test_causes_of_the_transitions() -> None:
    """Each family bears the name of the rate that drives it."""
    causes = {
        (
            chain_family.cause,
            chain.labels[int(chain_family.origin[0])],
            chain.labels[int(chain_family.target[0])],
        )
        for chain in [cluster().chain()]
        for chain_family in chain.families
    }
    assert causes == {
        ("aging", "2", "u2"), ("rejuvenation", "u2", "r2"), ("restart", "r2", "2"), ("failure", "u2", "1"),
        ("repair", "1", "2"),
    }  # fmt: skip


@pytest.mark.parametrize("servers", [1, 2, 5, 12])
def test_labels(servers: int) -> None:
    """The states are n … 0, u_n … u_1, r_n … r_1, and each is found at its place."""
    labels = ClusterLabels(servers)
    assert list(labels) == exact.labels(servers) == list(rj.Cluster(servers, rj.Rates(**DUPLEX)).states)
    assert [labels.index(label) for label in labels] == list(range(3 * servers + 1))
    assert labels[-1] == "r1"
    assert labels[1:3] == exact.labels(servers)[1:3]


@given(st.text(max_size=4) | st.integers() | st.none() | st.floats())
def test_labels_are_found_or_refused(label: Any) -> None:
    """Only the labels listed are found; '01', 'u0', '²', ' 1' and other objects are not."""
    labels = ClusterLabels(12)
    if isinstance(label, str) and label in exact.labels(12):
        assert labels[labels.index(label)] == label
    else:
        with pytest.raises(ValueError, match=r".*"):
            labels.index(label)


@pytest.mark.parametrize(
    "label", ["01", "u0", "r0", "u01", "²", "u²", " 1", "1 ", "-1", "+1", "u", "r", "", "13", "x1"]
)
def test_labels_that_are_none(label: str) -> None:
    """Labels that only look like one are refused."""
    with pytest.raises(ValueError, match=r".*"):
        ClusterLabels(12).index(label)


def test_place_outside_the_labels() -> None:
    """A place outside the labels is an IndexError, as in any sequence."""
    with pytest.raises(IndexError):
        ClusterLabels(2)[7]


@solvers.EVERY_SOLVER
def test_one_server_by_hand(case: solvers.SolverCase) -> None:
    """One server with all rates 1 but repair 2 spends 4/9, 1/9, 2/9 and 2/9 in 1, 0, u1 and r1."""
    model = rj.Cluster(1, rj.Rates(aging=1, failure=1, repair=2, restart=1, rejuvenation=1))
    state = rj.solve(model, solver=case.solver)
    assert state.states == ("1", "0", "u1", "r1")
    assert state.probabilities == pytest.approx([4 / 9, 1 / 9, 2 / 9, 2 / 9], rel=1e-15)
    assert state.unavailability == pytest.approx(1 / 3, rel=1e-15)


@solvers.EVERY_SOLVER
def test_two_servers_by_hand(case: solvers.SolverCase) -> None:
    """Two servers with all rates 1 have weights 6, 4, 2, 2, 2, 2, 2 over 20."""
    model = rj.Cluster(2, rj.Rates(aging=1, failure=1, repair=1, restart=1, rejuvenation=1))
    state = rj.solve(model, solver=case.solver)
    assert state.probabilities == pytest.approx([0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1], rel=1e-15)
    assert state.availability == pytest.approx(0.8, rel=1e-15)


@pytest.mark.parametrize("servers", [1, 2, 6])
@pytest.mark.parametrize(
    ("name", "near"), [("rejuvenation", 1e-9), ("failure", 1e-9), ("aging", 1e-12), ("rejuvenation", 1e12)]
)
@solvers.EVERY_SOLVER
def test_limits_are_approached(case: solvers.SolverCase, name: str, near: float, servers: int) -> None:
    """The probabilities at a limit of a rate are those that they tend to."""
    limit = math.inf if near > 1 else 0.0
    at = rj.solve(cluster(servers, **{name: limit}), solver=case.solver).probabilities
    close = rj.solve(cluster(servers, **{name: near}), solver=rj.GTH()).probabilities
    assert close == pytest.approx(at, abs=1e-5)
    assert at.sum() == pytest.approx(1, rel=1e-15)


@solvers.EVERY_SOLVER
def test_rejuvenation_at_once(case: solvers.SolverCase) -> None:
    """At rate ∞ the unstable states and all lower levels are exactly 0, and r_n/n = λ_f/μ_r."""
    state = rj.solve(cluster(3, rejuvenation=math.inf), solver=case.solver)
    assert state["r3"] / state["3"] == pytest.approx(DUPLEX["aging"] / DUPLEX["restart"], rel=1e-15)
    assert [label for label in state.states if state[label]] == ["3", "r3"]
    assert state.log_probability("u3") == -math.inf


@solvers.EVERY_SOLVER
def test_nothing_rejuvenates_at_rate_zero(case: solvers.SolverCase) -> None:
    """At rate 0 all rejuvenating states are exactly 0 and all downtime is unplanned."""
    state = rj.solve(cluster(3, rejuvenation=0), solver=case.solver)
    assert state["r3"] == state["r2"] == state["r1"] == state.planned_unavailability == 0
    assert state.unavailability == state.unplanned_unavailability > 0


@given(
    st.lists(st.floats(-6, 3).map(lambda x: 10**x), min_size=5, max_size=5),
    st.floats(-30, 30).map(lambda x: 10**x),
    st.integers(1, 6),
)
def test_unit_of_time(values: list[float], scale: float, servers: int) -> None:
    """Measuring all rates in another unit of time leaves the probabilities as they are."""
    rates = dict(zip(DUPLEX, values, strict=True))
    scaled = {name: rate * scale for name, rate in rates.items()}
    for case in solvers.SOLVERS:
        plain = rj.solve(rj.Cluster(servers, rj.Rates(**rates)), case.solver).probabilities
        other = rj.solve(rj.Cluster(servers, rj.Rates(**scaled)), case.solver).probabilities
        assert other == pytest.approx(plain, rel=2 * case.rtol, abs=0)


@given(
    st.lists(st.floats(-6, 3).map(lambda x: 10**x), min_size=5, max_size=5),
    st.integers(1, 40),
)
def test_probabilities_and_measures_fit_together(values: list[float], servers: int) -> None:
    """Probabilities sum to one, and planned + unplanned = P_{r_1} + P_0 is the unavailability."""
    model = rj.Cluster(servers, rj.Rates(**dict(zip(DUPLEX, values, strict=True))))
    for solver in (rj.ClosedForm(), rj.GTH()):
        state = rj.solve(model, solver)
        assert state.probabilities.sum() == pytest.approx(1, rel=1e-14)
        assert state.planned_unavailability == pytest.approx(state["r1"], rel=1e-13, abs=1e-300)
        assert state.unplanned_unavailability == pytest.approx(state["0"], rel=1e-13, abs=1e-300)
        both = state.planned_unavailability + state.unplanned_unavailability
        assert state.unavailability == pytest.approx(both, rel=1e-14, abs=1e-300)
        assert state.availability + state.unavailability == pytest.approx(1, rel=1e-15)


@given(
    st.lists(st.floats(-6, 3).map(lambda x: 10**x), min_size=5, max_size=5),
    st.integers(1, 8),
    st.floats(1.01, 100),
)
def test_faster_repair_means_less_unplanned_downtime(
    values: list[float], servers: int, factor: float
) -> None:
    """P_0 falls when repairs are faster and rises when unstable servers fail faster."""
    rates = dict(zip(DUPLEX, values, strict=True))
    plain = rj.solve(rj.Cluster(servers, rj.Rates(**rates))).log_probability("0")
    repaired = rj.Rates(**(rates | {"repair": rates["repair"] * factor}))
    failing = rj.Rates(**(rates | {"failure": rates["failure"] * factor}))
    assert rj.solve(rj.Cluster(servers, repaired)).log_probability("0") < plain
    assert rj.solve(rj.Cluster(servers, failing)).log_probability("0") > plain


@given(
    st.lists(st.floats(-6, 3).map(lambda x: 10**x), min_size=4, max_size=4),
    st.integers(1, 8),
    st.floats(1e-6, 1e3),
    st.floats(1.01, 100),
)
def test_faster_rejuvenation_means_fewer_failures(
    values: list[float], servers: int, rejuvenation: float, factor: float
) -> None:
    """P_0 falls when the cluster is rejuvenated at a higher rate."""
    rates = dict(zip(("aging", "failure", "repair", "restart"), values, strict=True))
    slow, fast = (
        rj.solve(rj.Cluster(servers, rj.Rates(**rates, rejuvenation=rate))).log_probability("0")
        for rate in (rejuvenation, rejuvenation * factor)
    )
    assert fast <= slow + 1e-14 * abs(slow)


def test_grid_has_the_shape_of_the_rates() -> None:
    """Arrays of rates make a grid, and an index gives the cluster at that point."""
    grid = cluster(2, aging=np.array([[0.1], [0.2]]), restart=np.array([1.0, 2.0, 3.0]))
    assert grid.shape == (2, 3)
    assert grid[1, 2] == cluster(2, aging=0.2, restart=3.0)
    assert grid[1].shape == (3,)


def test_clusters_are_values() -> None:
    """Clusters compare and hash by value, copy and pickle, and cannot be changed."""
    one = cluster()
    assert one == cluster() != cluster(3)
    assert hash(one) == hash(cluster())
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    with pytest.raises(AttributeError):
        one.servers = 3  # type: ignore[misc]


def test_with_rejuvenation() -> None:
    """The same cluster at another rejuvenation rate differs in nothing else."""
    assert cluster().with_rejuvenation(0.5) == cluster(rejuvenation=0.5)
    assert cluster().with_rejuvenation(None).rates.rejuvenation is None


@pytest.mark.parametrize(
    "servers", [0, -1, 2.5, 2.0, True, None, "2", [2], np.array([1, 2]), math.nan, 1 + 0j, {2}]
)
def test_bad_servers(servers: Any) -> None:
    """Servers must be a whole number of at least 1."""
    with pytest.raises(rj.InvalidInputError) as refused:
        rj.Cluster(servers, rj.Rates(**DUPLEX))
    assert refused.value.argument == "servers"


def test_numpy_integers_are_servers() -> None:
    """A NumPy integer is a number of servers and becomes an int."""
    assert type(rj.Cluster(np.int64(3), rj.Rates(**DUPLEX)).servers) is int


@pytest.mark.parametrize("rates", [None, DUPLEX, 0.5, "fast"])
def test_bad_rates(rates: Any) -> None:
    """Rates must be a Rates object."""
    with pytest.raises(rj.InvalidInputError, match=r"rates: .* Write Rates\("):
        rj.Cluster(2, rates)


def test_rate_and_trigger_both_or_neither() -> None:
    """Both or neither of rates.rejuvenation and trigger is an error that names both."""
    with pytest.raises(rj.InvalidInputError, match=r"exactly one of rates\.rejuvenation and trigger"):
        rj.Cluster(2, rj.Rates(**DUPLEX), trigger=rj.Trigger(rj.Fixed(300)))
    open_rate = cluster(rejuvenation=None)
    for use in (rj.solve, rj.agreement, rj.Cluster.chain):
        with pytest.raises(rj.InvalidInputError, match=r"exactly one of rates\.rejuvenation and trigger"):
            use(open_rate)


def test_to_dict() -> None:
    """`to_dict` has the servers and rates as plain JSON values, from which the same cluster is built."""
    for one in (cluster(3), cluster(2, aging=[0.1, 0.2]), cluster(rejuvenation=None)):
        plain = json.loads(json.dumps(one.to_dict()))
        assert rj.Cluster(plain["servers"], rj.Rates(**plain["rates"])) == one


def test_chain_of_a_grid() -> None:
    """The chain of a grid is an error that says how to get one of its chains."""
    with pytest.raises(rj.InvalidInputError, match=r"a grid of shape \(2,\).*cluster\[index\]\.chain\(\)"):
        cluster(2, aging=[0.1, 0.2]).chain()


def test_failure_rate_beyond_the_floats() -> None:
    """Where n·λ does not fit a float the chain is refused, and the closed form still answers."""
    huge = cluster(4, failure=1e308)
    for solver in (rj.GTH(), rj.Direct()):
        with pytest.raises(rj.InvalidInputError, match=r"rates\.failure: got 1e\+308 with 4 servers"):
            rj.solve(huge, solver)
    assert rj.solve(huge)["u4"] == pytest.approx(0, abs=1e-300)


def test_chain_beyond_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain that would not fit in memory is refused with an estimate and the way out."""
    monkeypatch.setattr("rejuvmodel.memory.available_bytes", lambda: 1e6)
    with pytest.raises(rj.SizeError, match=r"The chain .*would need about 2 GB; .*closed form"):
        cluster(10**7).chain()
