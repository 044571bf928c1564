"""Policies: terms that fit together, kept by value, and errors for all others."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from bad_values import junk
from hypothesis import given
from policies import FULL, SHORT, policies, policy

import rejuvmodel as rj
from rejuvmodel.policy_laws import DelayLaw, ErlangDelay
from rejuvmodel.policy_prediction import Prediction


def test_terms_are_kept() -> None:
    """A policy holds what it was given, durations in hours and counts as int."""
    made = rj.RejuvenationPolicy(**(FULL | {"mean": "14 d", "jitter": timedelta(minutes=15)}))
    assert (made.scope, made.clock, made.mean, made.jitter) == ("cluster", "unstable", 336.0, 0.25)
    assert (made.servers, made.required, made.max_concurrent) == (4, 2, 2)
    assert made.law == ErlangDelay(5)
    assert made.predicted == Prediction(3.70352e-06, 8760.0, 0.0048, "EUR")
    assert made.computed_from is not None
    assert made.computed_from["rates"]["restart"] == 3.0
    assert made.computed_from["rate_bounds"] == (0, math.inf)


def test_what_may_be_left_out() -> None:
    """One server at a time, no jitter, no prediction and no origin are the defaults."""
    made = policy()
    assert (made.max_concurrent, made.jitter, made.predicted, made.computed_from) == (1, 0.0, None, None)


@pytest.mark.parametrize("name", ["scope", "clock", "law", "mean", "servers", "required"])
def test_what_may_not_be_left_out(name: str) -> None:
    """No default where a guess would be dangerous: whose clock, which, which law, how many servers."""
    rest = {key: value for key, value in SHORT.items() if key != name}
    with pytest.raises(TypeError, match=name):
        rj.RejuvenationPolicy(**rest)


def test_the_prediction_follows_from_the_unavailability() -> None:
    """Availability is 1 minus the unavailability, downtime is the unavailability times the horizon."""
    found = policy(predicted={"unavailability": 0.25, "horizon": "30 d"}).predicted
    assert found is not None
    assert (found.availability, found.downtime, found.cost_rate, found.currency) == (0.75, 180.0, None, None)


def test_numbers_of_any_type_become_plain() -> None:
    """NumPy scalars, fractions and decimals become float and int, so that the file holds plain numbers."""
    made = policy(
        mean=np.float32(0.5),
        servers=np.int64(4),
        required=np.uint8(3),
        jitter=Fraction(1, 4),
        law={"name": "empirical", "samples": (np.float64(1), Decimal("2.5"), 3)},
        predicted={"unavailability": np.float64(0.5), "horizon": Decimal(10)},
        computed_from={
            "library": "1",
            "model": {"a": np.float64(2)},
            "rates": {"b": np.int32(3), "c": Fraction(1, 2)},
        },
    )
    assert [type(value) for value in (made.mean, made.servers, made.required, made.jitter)] == [
        float, int, int, float,
    ]  # fmt: skip
    assert made.to_dict()["law"]["samples"] == [1.0, 2.5, 3.0]
    assert repr(made.to_dict()["computed_from"]) == (
        "{'library': '1', 'model': {'a': 2.0}, 'rates': {'b': 3, 'c': 0.5}}"
    )


@given(policies)
def test_policies_compare_hash_copy_and_pickle_by_value(made: rj.RejuvenationPolicy) -> None:
    """A copy, a pickle and a policy of the same terms are equal and have the same hash."""
    for again in (copy.deepcopy(made), pickle.loads(pickle.dumps(made)), dataclasses.replace(made)):
        assert again == made
        assert hash(again) == hash(made)
        assert again.to_json() == made.to_json()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scope", "server"), ("clock", "service"), ("law", "fixed"), ("law", {"name": "erlang", "k": 6}),
        ("mean", math.nextafter(FULL["mean"], math.inf)), ("jitter", 0.0), ("servers", 5), ("required", 1),
        ("max_concurrent", 1), ("predicted", None), ("computed_from", None),
    ],
)  # fmt: skip
def test_any_other_term_makes_another_policy(name: str, value: Any) -> None:
    """Policies that differ in one term are not equal, down to the last bit of the mean."""
    assert rj.RejuvenationPolicy(**(FULL | {name: value})) != rj.RejuvenationPolicy(**FULL)


def test_a_policy_cannot_be_changed() -> None:
    """No term can be set, deleted or added, and the tables within it are read-only."""
    made = rj.RejuvenationPolicy(**FULL)
    for name in ("mean", "law", "note"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(made, name, 1)
    with pytest.raises(AttributeError):
        del made.mean
    assert made.computed_from is not None
    with pytest.raises(TypeError):
        made.computed_from["rates"]["aging"] = 0  # type: ignore[index]


def test_what_was_given_can_be_changed_later() -> None:
    """A policy keeps copies: changing the tables it was made of does not change it."""
    terms = copy.deepcopy(FULL)
    made = rj.RejuvenationPolicy(**terms)
    terms["computed_from"]["rates"]["aging"] = 9
    terms["law"]["k"] = 9
    made.to_dict()["computed_from"]["rates"].clear()
    assert made == rj.RejuvenationPolicy(**FULL)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"scope": "servers"}, "scope", 'Did you mean "server"?'),
    ({"scope": None}, "scope", "Choose"),
    ({"clock": "unstabel"}, "clock", 'Did you mean "unstable"?'),
    ({"clock": "cron"}, "clock", "Choose"),
    ({"mean": math.nan}, "mean", "missing"),
    ({"mean": -1}, "mean", "minus"),
    ({"mean": "12"}, "mean", "unit"),
    ({"mean": 0}, "mean", "restart without end"),
    ({"mean": 10**400}, "mean", '"never"'),
    ({"jitter": math.inf}, "jitter", "5 min"),
    ({"jitter": math.nan}, "jitter", "missing"),
    ({"servers": 0}, "servers", "whole number"),
    ({"servers": 2.0}, "servers", "decimal point"),
    ({"servers": True}, "servers", "whole number"),
    ({"servers": 10**30}, "servers", "whole number"),
    ({"servers": np.timedelta64(4, "m")}, "servers", "whole number"),
    ({"required": -1}, "required", "whole number"),
    ({"required": 5}, "required", "whole number"),
    ({"required": 4}, "max_concurrent", "Require fewer"),
    ({"max_concurrent": 2}, "max_concurrent", "Require fewer"),
    ({"max_concurrent": 0}, "max_concurrent", "whole number"),
    ({"max_concurrent": 5}, "max_concurrent", "whole number"),
    ({"law": "normal"}, "law.name", "Choose"),
    ({"law": "exponental"}, "law.name", '"exponential"'),
    ({"law": lambda mean: mean}, "law", "empirical"),
    ({"law": type("MyLaw", (DelayLaw,), {"name": "mine"})()}, "law.name", "Choose"),
    ({"law": {}}, "law.name", "Add"),
    ({"law": {"name": "fixed", "delay": 3}}, "law.delay", "Give mean= to the policy"),
    ({"law": rj.Erlang(5, 300).to_dict()}, "law.mean", "Give mean= to the policy"),
    ({"law": rj.Erlang(5, 300)}, "law", "erlang"),
    ({"law": {"name": "fixed", "when": 3}}, "law.when", "Remove"),
    ({"law": {"name": "exponential", "k": 3}}, "law.k", "Remove"),
    ({"law": "erlang"}, "law.k", "Add"),
    ({"law": {"name": "erlang", "k": 0}}, "law.k", "whole number"),
    ({"law": {"name": "erlang", "k": 2.0}}, "law.k", "whole number"),
    ({"law": {"name": "erlang", "k": 10**7}}, "law.k", "whole number"),
    ({"law": ErlangDelay(-1)}, "law.k", "whole number"),
    ({"law": {"name": "uniform", "lo": 3, "hi": 2}}, "law.hi", "limits"),
    ({"law": {"name": "uniform", "lo": 0, "hi": 0}}, "law.hi", "limits"),
    ({"law": {"name": "uniform", "lo": -1, "hi": 2}}, "law.lo", "limits"),
    ({"law": {"name": "uniform", "lo": 1, "hi": math.inf}}, "law.hi", "limits"),
    ({"law": {"name": "uniform", "lo": 1, "hii": 2}}, "law.hii", '"hi"'),
    ({"law": {"name": "hyperexponential", "probabilities": [1], "means": []}}, "law.means", "[10, 20]"),
    ({"law": {"name": "hyperexponential", "probabilities": [1], "means": [0]}}, "law.means", "mean=0"),
    ({"law": {"name": "hyperexponential", "probabilities": [1], "means": [-1]}}, "law.means[0]", "limits"),
    (
        {"law": {"name": "hyperexponential", "probabilities": [0.5, 0.6], "means": [1, 2]}},
        "law.probabilities",
        "sum",
    ),
    (
        {"law": {"name": "hyperexponential", "probabilities": [1.0], "means": [1, 2]}},
        "law.probabilities",
        "each",
    ),
    (
        {"law": {"name": "hyperexponential", "probabilities": [0, 1], "means": [1, 2]}},
        "law.probabilities[0]",
        "",
    ),
    (
        {"law": {"name": "hyperexponential", "probabilities": [1e308, 1e308], "means": [1, 2]}},
        "law.probabilities",
        "",
    ),
    ({"law": {"name": "empirical", "samples": []}}, "law.samples", "[10, 20]"),
    ({"law": {"name": "empirical", "samples": [1, math.nan]}}, "law.samples[1]", "limits"),
    ({"law": {"name": "empirical", "samples": [0, 0.0]}}, "law.samples", "mean=0"),
    ({"law": {"name": "empirical", "samples": "12"}}, "law.samples", "[10, 20]"),
    ({"law": {"name": "empirical", "samples": [1] * 100_001}}, "law.samples", "[10, 20]"),
    ({"predicted": 0.5}, "predicted", "table"),
    ({"predicted": {}}, "predicted.unavailability", "Add"),
    ({"predicted": {"unavailability": 1.5, "horizon": 1}}, "predicted.unavailability", "limits"),
    ({"predicted": {"unavailability": 0.5, "horizon": 0}}, "predicted.horizon", "8760"),
    ({"predicted": {"unavailability": 0.5, "horizon": "never"}}, "predicted.horizon", "8760"),
    ({"predicted": {"unavailability": 0.5, "horizon": 1, "downtime": 0.6}}, "predicted.downtime", "out"),
    (
        {"predicted": {"unavailability": 0.5, "horizon": 1, "availability": 0.6}},
        "predicted.availability",
        "out",
    ),
    (
        {"predicted": {"unavailability": 0.5, "horizon": 1, "currency": "EUR"}},
        "predicted.currency",
        "cost_rate",
    ),
    (
        {"predicted": {"unavailability": 0.5, "horizon": 1, "cost_rate": 1, "currency": "E\nU"}},
        "predicted.currency",
        "quotes",
    ),
    (
        {"predicted": {"unavailability": 0.5, "horizon": 1, "cost_rate": math.inf}},
        "predicted.cost_rate",
        "limits",
    ),
    ({"predicted": Prediction(2.0, 1.0, None, None)}, "predicted.unavailability", "limits"),
    ({"computed_from": []}, "computed_from", "table"),
    ({"computed_from": {"library": "1", "model": {}}}, "computed_from.rates", "Add"),
    ({"computed_from": {"library": "1", "model": {}, "rates": None}}, "computed_from.rates", "value"),
    ({"computed_from": {"library": 1, "model": {}, "rates": {}}}, "computed_from.library", "quotes"),
    (
        {"computed_from": {"library": "1", "model": {}, "rates": {}, "cost": {}}},
        "computed_from.cost",
        '"costs"',
    ),
    (
        {"computed_from": {"library": "1", "model": {}, "rates": {"a": [1, math.nan]}}},
        "computed_from.rates.a[1]",
        "limits",
    ),
    ({"computed_from": {"library": "1", "model": {1: 2}, "rates": {}}}, "computed_from.model.1", "quotes"),
    (
        {"computed_from": {"library": "1", "model": {"a": {1}}, "rates": {}}},
        "computed_from.model.a",
        "limits",
    ),
    (
        {"computed_from": {"library": "1", "model": {"a": 2**60}, "rates": {}}},
        "computed_from.model.a",
        "whole",
    ),
    (
        {"computed_from": {"library": "1", "model": {"a": "\ud800"}, "rates": {}}},
        "computed_from.model.a",
        "quotes",
    ),
    (
        {"computed_from": {"library": "1", "model": {}, "rates": {}, "mean_bounds": [2, 1]}},
        "computed_from.mean_bounds",
        "[low, high]",
    ),
    (
        {"computed_from": {"library": "1", "model": {}, "rates": {}, "rate_bounds": [True, 1]}},
        "computed_from.rate_bounds",
        "[low, high]",
    ),
]


@pytest.mark.parametrize(
    ("changes", "argument", "advice"), REFUSED, ids=[f"{k}-{one[1]}" for k, one in enumerate(REFUSED)]
)
def test_a_bad_term_is_refused(changes: dict[str, Any], argument: str, advice: str) -> None:
    """What is no policy is an error that names the argument with its place, and the next step."""
    with pytest.raises(rj.InvalidInputError) as error:
        policy(**changes)
    assert error.value.argument == argument
    assert error.value.found
    assert error.value.rule
    assert advice in error.value.advice


def test_endless_tables_are_refused() -> None:
    """A table that contains itself is an error, not a crash."""
    model: dict[str, Any] = {}
    model["model"] = model
    with pytest.raises(rj.InvalidInputError, match="nested 8 deep"):
        policy(computed_from={"library": "1", "model": model, "rates": {}})


@pytest.mark.parametrize("name", [*SHORT, "jitter", "max_concurrent", "predicted", "computed_from"])
@given(value=junk)
def test_junk_is_refused(name: str, value: Any) -> None:
    """No value whatever gives anything but a policy or an InvalidInputError that names the argument."""
    try:
        result: rj.RejuvenationPolicy | rj.InvalidInputError = policy(**{name: value})
    except rj.InvalidInputError as error:
        result = error
    if isinstance(result, rj.RejuvenationPolicy):
        assert rj.RejuvenationPolicy.from_json(result.to_json()) == result
    else:
        assert result.argument.startswith((name, "max_concurrent"))


def test_never_needs_no_room() -> None:
    """Where nothing is ever rejuvenated, all servers may be required."""
    assert policy(mean="never", required=4).mean == math.inf


@pytest.mark.parametrize("law", ["exponential", {"name": "erlang", "k": 2}])
def test_the_best_rate_becomes_a_policy(law: Any) -> None:
    """The optimum of a cluster fits into a policy as it is: its wait is the mean, its numbers the origin."""
    rates = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=0.5, restart=3)
    best = rj.optimize(
        rj.Cluster(2, rates), costs=rj.Costs(failure=1000, rejuvenation=10, capacity=5), bounds=(0, 10)
    )
    assert best.costs is not None
    made = rj.RejuvenationPolicy(
        scope="cluster",
        clock="unstable",
        law=law,
        mean=best.period,
        servers=2,
        required=1,
        predicted={
            "unavailability": best.state.unavailability,
            "horizon": "365 d",
            "cost_rate": best.value,
            "currency": "EUR",
            "availability": best.state.availability,
            "downtime": best.state.downtime("365 d"),
        },
        computed_from={
            "library": rj.__version__,
            "model": {"name": "Cluster", "servers": 2},
            "rates": best.model.rates.to_dict(),
            "costs": best.costs.to_dict(),
            "rate_bounds": best.bounds,
        },
    )
    assert made.mean == 1 / best.rate
    assert made.computed_from is not None
    assert rj.Rates(**made.computed_from["rates"]) == best.model.rates
    assert rj.Costs(**made.computed_from["costs"]) == best.costs
    assert made.computed_from["rate_bounds"] == (0.0, 10.0)
