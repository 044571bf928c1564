"""Parameters by name: what each model has, the units, and the model at other values."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel.model_parameters import parameter, parameter_names, with_parameters

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
CLUSTER = rj.Cluster(2, RATES)
TIMED = rj.Cluster(2, RATES.replace(rejuvenation=None), rj.Trigger(rj.Erlang(3, 100)))
POOL = rj.Pool(primaries=4, spares=1, rates=RATES)
REACTIVE = rj.Reactive(servers=2, failure=0.01, repair=1)
COSTS = rj.Costs(failure=1000, rejuvenation=10)


def test_every_name_sets_its_field() -> None:
    """A name changes the field it stands for and nothing else, in every model."""
    changed = {
        "servers": 5, "primaries": 6, "spares": 3, "required": 2, "slots": 1, "crews": 2, "dormancy": 0.5,
        "mode": "active/standby", "guarded": True, "clock": "service", "period": 77,
    }  # fmt: skip
    for model in (CLUSTER, TIMED, POOL, REACTIVE):
        for name in parameter_names(model):
            value = changed.get(name, 7.5)
            new, costs = with_parameters(model, {name: value}, COSTS)
            if name.startswith("costs."):
                assert new == model
                assert costs == COSTS.replace(**{name.removeprefix("costs."): 7.5})
                continue
            assert costs == COSTS
            assert new != model
            here, there = _flat(model.to_dict()), _flat(new.to_dict())
            moved = {key: there[key] for key in there if here[key] != there[key]}
            assert len(moved) == 1, (name, moved)
            expected = 1 / 7.5 if name.startswith("mean_times.") else value
            if name == "period" and model is not TIMED:
                expected = 1 / 77
            assert next(iter(moved.values())) == expected


def test_durations_are_mean_times() -> None:
    """Text and timedelta under the name of a rate are mean times, and rounded once as in Rates."""
    expected = rj.Rates.from_mean_times(aging="7 d", failure="20 min", repair=1, restart=1)
    for changes in (
        {"aging": "7 d", "failure": timedelta(minutes=20)},
        {"rates.aging": "7 d", "mean_times.failure": "20 min"},
    ):
        rates = with_parameters(CLUSTER, changes)[0].rates
        assert (rates.aging, rates.failure) == (expected.aging, expected.failure)
    for name in ("rejuvenation", "period", "mean_times.rejuvenation", "mean_times.rejuvenate_after"):
        assert with_parameters(CLUSTER, {name: "never"})[0].rates.rejuvenation == 0
        assert with_parameters(CLUSTER, {name: "0 h"})[0].rates.rejuvenation == np.inf


def test_units_follow_what_is_given() -> None:
    """A rate is per hour, its mean time in hours, a number of servers without unit."""
    units = {
        "aging": "1/h", "mean_times.aging": "h", "period": "h", "servers": "1", "costs.failure": "currency/h",
        "costs.per_rejuvenation": "currency",
    }  # fmt: skip
    assert {name: parameter(CLUSTER, name).unit for name in units} == units
    assert parameter(CLUSTER, "aging", durations=True).unit == "h"
    assert parameter(POOL, "mode").unit == ""


def test_grids_are_set_at_once() -> None:
    """An array of rates makes a grid of clusters."""
    new, _ = with_parameters(CLUSTER, {"aging": [0.1, 0.2], "period": np.array([[1.0], [2.0], [4.0]])})
    assert new.shape == (3, 2)
    assert new.rates.rejuvenation.ravel().tolist() == [1, 0.5, 0.25]


@pytest.mark.parametrize(
    ("model", "changes", "words"),
    [
        (CLUSTER, {"agin": 1}, 'Did you mean "aging"?'),
        (CLUSTER, {"slots": 1}, "the parameters of a Cluster are servers"),
        (REACTIVE, {"aging": 1}, "the parameters of a Reactive are servers, failure"),
        (TIMED, {"rejuvenation": 1}, 'Write "period"'),
        (CLUSTER, {"aging": 1, "mean_times.aging": 1}, "aging and mean_times.aging: got both"),
        (CLUSTER, {"period": 1, "rejuvenation": 1}, "period and rejuvenation: got both"),
        (CLUSTER, {"servers": 0}, "servers: got 0"),
        (CLUSTER, {"servers": 2.5}, "servers: got 2.5 (float)"),
        (CLUSTER, {"aging": -1}, "aging: got -1"),
        (CLUSTER, {"aging": [1, np.nan]}, "aging[1]: got nan"),
        (CLUSTER, {"mean_times.repair": 0}, "mean_times.repair: got 0 hours"),
        (CLUSTER, {"aging": "7"}, "Add a unit"),
        (CLUSTER, {"costs.failure": 1}, "Give costs=Costs(…)"),
        (POOL, {"mode": "active"}, 'mode: got "active"'),
        (POOL, {"guarded": 1}, "guarded: got 1"),
        (POOL, {"dormancy": 2}, "dormancy: got 2"),
        (POOL, {"required": 9}, "required: got 9"),
        (TIMED, {"clock": "wall"}, 'clock: got "wall"'),
    ],
)
def test_refusals(model: object, changes: dict[str, object], words: str) -> None:
    """An unknown name and a value that is not allowed are refused with the name as typed."""
    with pytest.raises(rj.InvalidInputError) as caught:
        with_parameters(model, changes)
    assert words in str(caught.value)


def _flat(values: dict[str, object], path: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{path}{key}.") if isinstance(value, dict) else {f"{path}{key}": value}
    return flat
