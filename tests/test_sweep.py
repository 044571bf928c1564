"""Sweeps: every point holds what the model itself says there, and the data set says what it is."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr
from sweep_cases import CLUSTER, COSTS, OPEN, POOL, RATES, REACTIVE, TIMED

import rejuvmodel as rj
from rejuvmodel.model_parameters import with_parameters

BY_NAME = (
    "availability", "unavailability", "log_unavailability", "planned_unavailability",
    "unplanned_unavailability", "nines",
)  # fmt: skip
GRIDS = {
    "cluster": (CLUSTER, {"aging": [1 / 100, 1 / 300, 0], "servers": [1, 4], "mean_times.repair": [1, 2]}),
    "waits": (CLUSTER, {"period": [0, 24, np.inf], "failure": ["30 d", "90 d"], "costs.failure": [1, 2e3]}),
    "trigger": (TIMED, {"period": [0, 100, 300], "clock": ["unstable", "service"], "restart": [1, 3]}),
    "reactive": (REACTIVE, {"servers": [1, 2], "failure": [0.01, 0.1]}),
    "pool": (POOL, {"spares": [0, 2], "mode": ["active/active", "active/standby"], "slots": [1, 3]}),
    "switches": (POOL, {"guarded": [False, True], "dormancy": [0, 0.5], "crews": [1, 2], "period": [9.0]}),
}


@pytest.mark.parametrize(("model", "over"), GRIDS.values(), ids=GRIDS)
def test_every_point_is_that_of_the_model(model: object, over: dict[str, list[object]]) -> None:
    """A sweep holds at every point what `solve` says of the model with these parameters."""
    further = () if isinstance(model, rj.Reactive) else ("cost", "cost_rate", "log_cost_rate")
    found = rj.sweep(model, over, (*BY_NAME, "downtime", *further), costs=COSTS, horizon="30 d")
    assert found.unavailability.dims == tuple(over)
    assert found.unavailability.shape == tuple(map(len, over.values()))
    for index in np.ndindex(found.unavailability.shape):
        typed = {name: over[name][k] for name, k in zip(over, index, strict=True)}
        one, costs = with_parameters(model, typed, COSTS)
        state = rj.solve(one)
        expected = {name: getattr(state, name) for name in BY_NAME} | {"downtime": state.downtime("30 d")}
        if further:
            expected |= {
                "cost": state.cost(costs, "30 d"), "cost_rate": state.cost_rate(costs),
                "log_cost_rate": state.log_cost_rate(costs),
            }  # fmt: skip
        for name, value in expected.items():
            assert float(found[name][index]) == pytest.approx(value, rel=1e-12, abs=0), (name, typed)


def test_both_roads_agree_over_a_grid() -> None:
    """Blocks through the closed form and points through GTH give the same numbers."""
    over = {"servers": [1, 3], "aging": np.geomspace(1e-3, 1, 4), "rejuvenation": [0, 0.1, np.inf]}
    measures = ("unavailability", "P(0)", "cost_rate", "planned_unavailability")
    blocks = rj.sweep(CLUSTER, over, measures, costs=COSTS)
    points = rj.sweep(CLUSTER, over, measures, costs=COSTS, solver=rj.GTH())
    assert (blocks.attrs["method"], points.attrs["method"]) == ("closed form", "GTH")
    for name in measures:
        np.testing.assert_allclose(blocks[name], points[name], rtol=1e-11)


def test_optima_are_those_of_optimize() -> None:
    """With optimize, every point holds the optimum that `optimize` finds there, and measures taken at it."""
    model, over = rj.Cluster(2, OPEN), {"aging": ["7 d", "70 d"], "costs.capacity": [0, 5, 500]}
    found = rj.sweep(model, over, "nines", costs=COSTS, optimize=(0, 10))
    for index in np.ndindex(2, 3):
        typed = {name: over[name][k] for name, k in zip(over, index, strict=True)}
        one, costs = with_parameters(model, typed, COSTS)
        best = rj.optimize(one, costs, bounds=(0, 10))
        for name in ("rate", "period", "value", "without", "gain", "location", "certified"):
            assert found[name][index].item() == getattr(best, name)
        assert found.nines[index].item() == best.state.nines
        even = found.break_even[index].item()
        assert (best.break_even is None and np.isnan(even)) or even == best.break_even
    assert set(np.unique(found.location)) > {"interior"}
    assert found.value.attrs["units"] == "currency/h"


def test_optimal_delays_of_triggers_and_pools() -> None:
    """The optimum of a trigger is a mean delay, that of a pool a rate."""
    timed = rj.sweep(TIMED, {"servers": [1, 2]}, optimize={"bounds": ("1 h", "never"), "certified": False})
    one = rj.optimize(rj.Cluster(1, OPEN, TIMED.trigger), bounds=("1 h", "never"))
    assert timed.period[0] == one.period
    assert timed.break_even.attrs["units"] == "h"
    pool = rj.sweep(POOL, {"spares": [0, 1]}, optimize=(0, 2))
    assert pool.rate[1] == rj.optimize(POOL, bounds=(0, 2)).rate


def test_further_measures() -> None:
    """The mean time to an outage, the capacity of pools, and functions of the state are measures as well."""

    def spread(state: rj.SteadyState) -> float:
        return float(state["r2"] / state["r1"])

    measures = {"spread": spread, "mean_time_to_outage": "mean_time_to_outage", "both": "P(r1)"}
    found = rj.sweep(CLUSTER, {"aging": [0.1, 0.2]}, measures)
    faster = CLUSTER.rates.replace(aging=0.2)
    assert found.mean_time_to_outage[1] == rj.mean_time_to_outage(rj.Cluster(2, faster))
    state = rj.solve(rj.Cluster(2, faster))
    assert found.spread[1] == state["r2"] / state["r1"]
    assert found.both[1] == state["r1"]
    pool = rj.sweep(POOL, {"spares": [1]}, ("capacity_availability", "log_probability_all_failed"))
    assert pool.capacity_availability[0] == rj.solve(POOL).capacity_availability
    assert pool.log_probability_all_failed[0] == rj.solve(POOL).log_probability_all_failed


def test_parameters_that_vary_together() -> None:
    """Parameters of one dimension go through their values side by side, in blocks and point by point."""
    together = {"aging": [0.1, 0.2, 0.3], "failure": ["1 d", "2 d", "3 d"]}
    found = rj.sweep(CLUSTER, {"servers": [1, 2], "case": together}, "unavailability")
    assert found.unavailability.dims == ("servers", "case")
    assert found.aging.dims == found.failure.dims == ("case",)
    assert found.failure.values.tolist() == [24, 48, 72]
    rates = RATES.replace(aging=0.2, failure=1 / 48)
    assert found.unavailability[1, 1] == rj.solve(rj.Cluster(2, rates)).unavailability
    sizes = rj.sweep(POOL, {"size": {"primaries": [2, 4], "required": [1, 3]}}, "unavailability")
    bigger = rj.Pool(primaries=4, spares=1, required=3, rates=RATES, slots=1)
    assert sizes.unavailability[1] == rj.solve(bigger).unavailability


def test_data_frames_are_values() -> None:
    """A data frame gives parameters that vary together, a series the values of one."""
    import pandas as pd

    table = pd.DataFrame({"aging": [0.1, 0.2], "failure": [0.01, 0.02]})
    frame = rj.sweep(CLUSTER, {"row": table})
    plain = rj.sweep(CLUSTER, {"row": {"aging": [0.1, 0.2], "failure": [0.01, 0.02]}})
    assert frame.identical(plain)
    assert rj.sweep(CLUSTER, {"aging": table.aging}).equals(rj.sweep(CLUSTER, {"aging": [0.1, 0.2]}))


def test_the_data_set_explains_itself() -> None:
    """Every variable and coordinate has a meaning and a unit, and the set says how it was made."""
    found = rj.sweep(CLUSTER, {"servers": range(1, 4), "aging": ["7 d"], "repair": [1.0]}, ("downtime",))
    assert found.downtime.attrs == {"long_name": "downtime in 365 d", "symbol": "U T", "units": "h"}
    units = {name: found[name].attrs["units"] for name in found.coords}
    assert units == {"servers": "1", "aging": "h", "repair": "1/h"}
    assert found.aging.values.tolist() == [168]
    assert found.attrs["model"] == "Cluster"
    assert json.loads(found.attrs["parameters"]) == CLUSTER.to_dict()
    assert found.attrs["version"].startswith("rejuvmodel ")
    assert found.attrs["horizon"] == 8760


def test_as_data_frame_and_file() -> None:
    """A sweep becomes a data frame with one row for each point, and survives a netCDF file."""
    over = {"servers": [1, 2], "costs.capacity": [0.0, 5.0]}
    found = rj.sweep(rj.Cluster(2, OPEN), over, costs=COSTS, optimize=(0, 10))
    table = found.to_dataframe()
    assert table.index.names == ["servers", "costs.capacity"]
    assert table.loc[(2, 5.0), "rate"] == found.rate.sel({"servers": 2, "costs.capacity": 5.0})
    again = xr.load_dataset(bytes(found.to_netcdf()))
    for name in found:
        np.testing.assert_array_equal(again[name].astype(found[name].dtype), found[name])
        assert again[name].attrs == found[name].attrs


def test_points_that_cannot_be_solved() -> None:
    """With errors="nan" a point that cannot be solved is NaN and says why; the others are as ever."""
    over = {"primaries": [1, 3], "required": [1, 4]}
    found = rj.sweep(POOL, over, errors="nan")
    assert np.isnan(found.unavailability).values.tolist() == [[False, True], [False, False]]
    assert found.message.values.tolist()[0][0] == ""
    assert "required is a whole number from 1 to the 2 servers" in str(found.message[0, 1].item())
    assert found.unavailability[1, 0] == rj.solve(rj.Pool(
        primaries=3, spares=1, rates=RATES, slots=1, required=1
    )).unavailability  # fmt: skip
    best = rj.sweep(POOL, over, optimize=(0, 1), errors="nan")
    assert (best.location[0, 1].item(), best.certified[0, 1].item()) == ("", False)


def test_errors_name_the_point() -> None:
    """Without it the first point that cannot be solved is an error that names the point."""
    with pytest.raises(rj.InvalidInputError, match=r"required at primaries=1, required=4: got 4"):
        rj.sweep(POOL, {"primaries": [1, 3], "required": [1, 4]})
    with pytest.raises(rj.SizeError, match=r"At servers=100, aging=0.1: .*proof"):
        rj.sweep(CLUSTER, {"servers": [2, 100], "aging": [0.1]}, costs=COSTS, optimize=True)

    def broken(state: rj.SteadyState) -> float:
        return 1 / float(state.unavailability - state.unavailability)

    with pytest.raises(ZeroDivisionError) as caught:
        rj.sweep(CLUSTER, {"aging": [0.5]}, broken)
    assert caught.value.__notes__ == ["At aging=0.5 of the sweep."]
