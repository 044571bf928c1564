"""Policies for tests: good ones by hand, and any at random."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

import rejuvmodel as rj

#: A policy whose every key differs from its default.
FULL: dict[str, Any] = {
    "scope": "cluster",
    "clock": "unstable",
    "law": {"name": "erlang", "k": 5},
    "mean": 336.4821,
    "jitter": 0.25,
    "servers": 4,
    "required": 2,
    "max_concurrent": 2,
    "predicted": {
        "unavailability": 3.70352e-06,
        "horizon": 8760.0,
        "cost_rate": 0.0048,
        "currency": "EUR",
    },
    "computed_from": {
        "library": "0.1.0",
        "model": {"name": "Cluster", "servers": 4},
        "rates": {"aging": 1 / 168, "failure": 1 / 2160, "repair": 0.5, "restart": 3.0},
        "costs": {"failure": 1000.0, "rejuvenation": 10.0},
        "rate_bounds": [0, math.inf],
    },
}
SHORT: dict[str, Any] = {
    "scope": "server", "clock": "service", "law": "fixed", "mean": 278, "servers": 4, "required": 3,
}  # fmt: skip


def policy(**changes: Any) -> rj.RejuvenationPolicy:
    """Return the short policy with some terms changed."""
    return rj.RejuvenationPolicy(**(SHORT | changes))


lengths = st.floats(min_value=0, max_value=1e300)
positive = st.floats(min_value=1e-300, max_value=1e300)
shares = st.floats(min_value=0, max_value=1)
labels = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=8)


@st.composite
def laws(draw: st.DrawFn) -> Any:
    """Draw the plain data of a law."""
    name = draw(
        st.sampled_from(["exponential", "fixed", "erlang", "uniform", "hyperexponential", "empirical"])
    )
    if name in ("exponential", "fixed"):
        return draw(st.sampled_from([name, {"name": name}]))
    if name == "erlang":
        return {"name": name, "k": draw(st.integers(1, 10**6))}
    if name == "uniform":
        low, high = sorted(draw(st.lists(lengths, min_size=2, max_size=2, unique=True)))
        return {"name": name, "lo": low, "hi": high}
    values = draw(st.lists(positive, min_size=1, max_size=4))
    weights = draw(st.lists(st.integers(1, 9), min_size=len(values), max_size=len(values)))
    probabilities = [one / sum(weights) for one in weights]
    if name == "hyperexponential":
        return {"name": name, "probabilities": probabilities, "means": values}
    return {"name": name, "samples": values}


plain = st.recursive(
    st.none()
    | st.booleans()
    | labels
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, min_value=-1e308),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(labels, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def terms(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the arguments of a policy."""
    clock = draw(st.sampled_from(["unstable", "service"]))
    servers = draw(st.integers(1, 2**53))
    busy = draw(st.integers(1, servers))
    cost = draw(st.none() | lengths)
    return {
        "scope": draw(st.sampled_from(["cluster", "server"])),
        "clock": clock,
        "law": draw(laws()),
        "mean": draw(positive | st.sampled_from([math.inf, 0.0 if clock == "unstable" else 1.0, 5e-324])),
        "jitter": draw(lengths),
        "servers": servers,
        "required": draw(st.integers(0, servers - busy)),
        "max_concurrent": busy,
        "predicted": draw(
            st.none()
            | st.fixed_dictionaries(
                {"unavailability": shares, "horizon": positive, "cost_rate": st.just(cost)},
                optional={} if cost is None else {"currency": labels},
            )
        ),
        "computed_from": draw(
            st.none()
            | st.fixed_dictionaries(
                {
                    "library": labels,
                    "model": st.dictionaries(labels, plain),
                    "rates": st.dictionaries(labels, plain),
                },
                optional={
                    "costs": st.none() | st.dictionaries(labels, plain),
                    "rate_bounds": st.just((0, math.inf)),
                },
            )
        ),
    }


policies = terms().map(lambda values: rj.RejuvenationPolicy(**values))
