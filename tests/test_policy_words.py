"""What a policy says to people: one sentence, and a table in notebooks."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from policies import FULL, policies, policy

import rejuvmodel as rj

SENTENCES: list[tuple[dict[str, Any], str]] = [
    (
        {"mean": 278},
        (
            "Each server waits exactly 278 h after service start; "
            "at most 1 of 4 servers at a time, and at least 3 stay in service."
        ),
    ),
    ({"mean": 278.150731}, "Each server waits exactly 278.150731 h after service start;"),
    ({"scope": "cluster", "mean": "7 d"}, "The cluster waits exactly 7 d after service start;"),
    ({"clock": "unstable", "mean": 12}, "Each server waits exactly 12 h once unstable;"),
    ({"clock": "unstable", "mean": 0}, "Each server waits no time once unstable;"),
    (
        {"clock": "unstable", "law": "exponential", "mean": "12 d"},
        (
            "Each server has a mean wait of 12 d once unstable, "
            "drawn anew at each episode from an exponential law;"
        ),
    ),
    (
        {"scope": "cluster", "clock": "unstable", "law": "exponential", "mean": 336.4821},
        (
            "The cluster has a mean wait of 14.02 d once its first server is unstable, "
            "drawn anew at each episode from an exponential law;"
        ),
    ),
    (
        {"law": {"name": "erlang", "k": 5}, "jitter": "10 min"},
        (
            "Each server has a mean wait of 278 h after service start, drawn anew at each start "
            "from an Erlang law of k = 5, plus up to 10 min drawn evenly to spread restarts;"
        ),
    ),
    ({"law": {"name": "uniform", "lo": 1, "hi": 3}, "mean": 4}, "from a uniform law from 2 h to 6 h;"),
    (
        {"law": {"name": "hyperexponential", "probabilities": [0.5, 0.5], "means": [3, 1]}, "mean": 4},
        "from a hyperexponential law with 2 branches of mean 2 h to 6 h;",
    ),
    (
        {"law": {"name": "empirical", "samples": [2, 1, 3]}, "mean": 4},
        "from an empirical law of 3 delays from 2 h to 6 h;",
    ),
    ({"mean": "never"}, "Each server is never rejuvenated: the wait after service start has no end."),
    ({"servers": 1, "required": 0}, "after service start; at most 1 of 1 server at a time."),
    ({"required": 1}, "and at least 1 stays in service."),
]


@pytest.mark.parametrize(("changes", "text"), SENTENCES)
def test_a_policy_in_a_sentence(changes: dict[str, Any], text: str) -> None:
    """The sentence says whose wait it is, from when, how long, by which law, and how many at a time."""
    assert text in policy(**changes).describe()


@given(policies)
def test_no_wait_is_called_a_period(made: rj.RejuvenationPolicy) -> None:
    """A sentence never says "every", calls only a fixed law exact, and names each other law."""
    text = made.describe()
    assert "every" not in text.lower()
    assert text.count(".") >= 1
    assert "\n" not in text
    if 0 < made.mean < math.inf:
        assert ("exactly" in text) == (made.law.name == "fixed")
        assert ("drawn anew" in text) == (made.law.name != "fixed")
    assert ("unstable" in text) == (made.clock == "unstable")


def test_notebooks_show_a_table() -> None:
    """In a notebook a policy is a table of its terms and its prediction, with every text escaped."""
    terms = FULL | {"predicted": FULL["predicted"] | {"currency": "<b>"}}
    html = rj.RejuvenationPolicy(**terms)._repr_html_()
    assert "<b>" not in html
    shown = (
        "the cluster, once its first server is unstable", "an Erlang law of k = 5", "3.70352e-06",
        "1.947 min", "0.0048 &lt;b&gt;", "2 of 4", "up to 15 min",
    )  # fmt: skip
    for text in shown:
        assert f">{text}<" in html, text
    assert ">at once<" in policy(clock="unstable", mean=0)._repr_html_()
    assert "predicted" not in policy(mean="never")._repr_html_()
