"""Sweeps that cannot be: refused before anything is computed, with the name, the rule and the next step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sweep_cases import CLUSTER, COSTS, OPEN, POOL, REACTIVE, TIMED

import rejuvmodel as rj
from rejuvmodel.optional_packages import MissingPackageError, optional_package

AGING = {"aging": [0.1, 0.2]}
GRID = rj.Cluster(2, CLUSTER.rates.replace(aging=[1, 2]))
CHAIN = CLUSTER.chain()


@pytest.mark.parametrize(
    ("model", "over", "how", "words"),
    [
        (CLUSTER, {}, {}, "over: got {}; over is a mapping"),
        (CLUSTER, ["aging"], {}, "over: got ['aging']"),
        (CLUSTER, {"ageing": [1]}, {}, 'Did you mean "aging"?'),
        (CLUSTER, {3: [1]}, {}, "over: got the name 3"),
        (CLUSTER, {"aging": 0.1}, {}, "aging: got 0.1; over takes a one-dimensional sequence"),
        (CLUSTER, {"aging": "7 d"}, {}, 'aging: got "7 d"; over takes a one-dimensional sequence'),
        (CLUSTER, {"aging": np.float64(1)}, {}, "Write it in brackets"),
        (CLUSTER, {"aging": [[1], [2]]}, {}, "aging: got an array of shape (2, 1)"),
        (CLUSTER, {"aging": []}, {}, "aging: got an empty array"),
        (CLUSTER, {"servers": []}, {}, "servers: got an array of shape (0,)"),
        (CLUSTER, {"aging": [1, -1]}, {}, "aging[1]: got -1"),
        (CLUSTER, {"aging": ["7 d", 3]}, {}, "aging[1]: got 3 among durations"),
        (CLUSTER, {"aging": ["7 d", "soon"]}, {}, 'aging[1]: got "soon"'),
        (CLUSTER, {"servers": [1, 0]}, {}, "servers[1]: got 0"),
        (CLUSTER, {"servers": [1, 2.5]}, {}, "servers[1]: got 2.5"),
        (CLUSTER, {"x": {"aging": [1, 2], "failure": [1]}}, {}, 'over["x"]: got 2 for aging, 1 for failure'),
        (CLUSTER, {"case": {}}, {}, 'over["case"]: got nothing'),
        (CLUSTER, {"aging": [1], "x": {"mean_times.aging": [1]}}, {}, "aging and mean_times.aging: got both"),
        (CLUSTER, {"failure": {"aging": [1]}, "x": {"failure": [1]}}, {}, 'the name "failure" twice'),
        (CLUSTER, {"period": [1], "rejuvenation": [1]}, {}, "period and rejuvenation: got both"),
        (TIMED, {"rejuvenation": [1]}, {}, 'Write "period"'),
        (POOL, {"servers": [1]}, {}, "the parameters of a Pool are primaries"),
        (REACTIVE, AGING, {}, "the parameters of a Reactive are servers"),
        (GRID, AGING, {}, "model: got a grid of shape (2,)"),
        (CHAIN, AGING, {}, "sweep takes a Cluster, a Reactive or a Pool"),
        (rj.Cluster(2, OPEN), AGING, {}, "rates.rejuvenation and trigger: got neither"),
        (CLUSTER, {"costs.failure": [1]}, {}, "costs: got nothing; costs.failure is one of the costs"),
        (CLUSTER, AGING, {"costs": {"failure": 1}}, "costs are a Costs object"),
        (CLUSTER, AGING, {"costs": COSTS.replace(failure=[1, 2])}, "costs: got a grid of shape (2,)"),
        (CLUSTER, AGING, {"measures": "availabilty"}, 'Did you mean "availability"?'),
        (CLUSTER, AGING, {"measures": ()}, "there is something to measure"),
        (CLUSTER, AGING, {"measures": 3}, "measures: got 3"),
        (CLUSTER, AGING, {"solver": "gth", "errors": "nan"}, 'solver: got "gth"'),
        (CLUSTER, AGING, {"optimize": ("1 h", "never"), "errors": "nan"}, 'optimize[0]: got "1 h"'),
        (CLUSTER, AGING, {"optimize": (10, 0), "errors": "nan"}, "optimize: got (10, 0)"),
        (TIMED, AGING, {"optimize": (-1, 10), "errors": "nan"}, "optimize[0]: got -1"),
        (POOL, {"spares": [1]}, {"optimize": True, "errors": "nan"}, "Write optimize=(0, 10)"),
        (CLUSTER, AGING, {"measures": ("nines", "nines")}, 'measures: got "nines" twice'),
        (CLUSTER, AGING, {"measures": "capacity_availability"}, "the measures of a Cluster are"),
        (CLUSTER, AGING, {"measures": "cost"}, "cost needs costs"),
        (CLUSTER, AGING, {"measures": lambda state: state.nines}, "a function has a name"),
        (CLUSTER, AGING, {"measures": {"aging": len}}, "no variable bears the name of another"),
        (CLUSTER, AGING, {"measures": {"up": "availability"}}, "only functions are given other names"),
        (CLUSTER, AGING, {"measures": {"message": len}}, "no variable bears the name of another"),
        (CLUSTER, AGING, {"measures": "P(u9)"}, "u9"),
        (CLUSTER, AGING, {"measures": {"text": str}}, "from text; a function returns one number"),
        (CLUSTER, AGING, {"horizon": "never"}, "horizon: got \"never\""),
        (CLUSTER, AGING, {"errors": "ignore"}, "errors: got \"ignore\""),
        (CLUSTER, AGING, {"chunk": 0}, "chunk: got 0"),
        (CLUSTER, AGING, {"progress": 1}, "progress: got 1"),
        (CLUSTER, AGING, {"keep": 7}, "a file is named by text or a path"),
        (CLUSTER, AGING, {"solver": "GTH"}, "a solver is ClosedForm()"),
        (CLUSTER, AGING, {"optimize": "yes"}, "optimize: got \"yes\""),
        (CLUSTER, AGING, {"optimize": {"bound": (0, 1)}}, "optimize takes bounds and certified"),
        (CLUSTER, AGING, {"optimize": (3, 1)}, "optimize: got (3, 1)"),
        (CLUSTER, {"period": [1]}, {"optimize": True}, "over: got period; optimize chooses it"),
        (CLUSTER, AGING, {"optimize": True, "solver": rj.GTH()}, "optimize has solvers of its own"),
        (REACTIVE, {"failure": [1]}, {"optimize": True}, "a Reactive has no rejuvenation"),
    ],
)  # fmt: skip
def test_refusals(model: Any, over: Any, how: dict[str, Any], words: str) -> None:
    """Each is refused by an error in words that names it as it was typed."""
    with pytest.raises(rj.InvalidInputError) as caught:
        rj.sweep(model, over, **how)
    assert words in str(caught.value)


def test_too_large_a_sweep() -> None:
    """A sweep whose result cannot fit in memory is refused with an estimate."""
    many = np.linspace(0.1, 1, 100_000)
    with pytest.raises(rj.SizeError, match="results of a sweep of 1000000000000000 points would need"):
        rj.sweep(CLUSTER, {"aging": many, "failure": many, "repair": many})


def test_a_package_that_is_missing() -> None:
    """Where a package is not installed, the error says how to get it, and is an ImportError too."""
    with pytest.raises(
        MissingPackageError, match=r"needs the package nowhere: pip install 'rejuvmodel\[data\]'"
    ):
        optional_package("nowhere", "data")
    assert issubclass(MissingPackageError, ImportError)
    assert optional_package("math", "data").pi > 3
