"""The collector: rows of samples, limits with two edges, doubt, age, and who restarted it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.watching.collector import Assessment, Limit, Rules, assess
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.samples import Sample

RULES = Rules((Limit("memory", 100, 80),), unstable_after=3, normal_after=2, failed_after=2, max_age=5)


def seen(at: float, memory: float | None = 10.0, answer: Any = "healthy", **values: Any) -> Sample:
    return Sample("s1", at, answer, memory=memory, **values)


def followed(samples: list[Sample], rules: Rules = RULES) -> list[Assessment]:
    """Return the assessment after each sample, each looked at when it was taken."""
    found, one = [], Assessment("s1")
    for sample in samples:
        one = assess(one, sample, sample.at, rules)
        found.append(one)
    return found


def states(samples: list[Sample], rules: Rules = RULES) -> list[str]:
    return [one.state for one in followed(samples, rules)]


def test_nothing_is_known_at_first() -> None:
    """Without a sample a server is unknown, not normal."""
    one = assess(Assessment("s1"), None, 0.0, RULES)
    assert (one.state, one.evidence) == ("unknown", ("no sample yet",))


def test_a_row_of_samples_makes_a_state() -> None:
    """Two good ones make it normal, three at the limit unstable, two below the lower limit normal again."""
    memory = [10, 10, 100, 120, 100, 79, 79]
    found = followed([seen(t, m) for t, m in enumerate(memory)])
    assert [one.state for one in found] == ["unknown", *["normal"] * 3, "unstable", "unstable", "normal"]
    assert found[4].evidence == ("memory is 100 bytes, the limit 100 bytes",)
    assert found[4].since == 4
    assert found[5].since == 4


def test_6_flapping_changes_nothing() -> None:
    """Values to and fro over the limit, or between the two limits, leave the state as it was."""
    normal = [seen(0), seen(1)]
    assert set(states([*normal, *(seen(2 + t, 100 if t % 2 else 10) for t in range(40))])[1:]) == {"normal"}
    unstable = [seen(t, 100) for t in range(3)]
    swinging = [seen(3 + t, 85 if t % 2 else 10) for t in range(40)]
    assert set(states([*unstable, *swinging])[2:]) == {"unstable"}


def test_6_flapping_health_is_no_failure() -> None:
    """One bad answer now and then is no failure; so many in a row are."""
    answers = ["healthy", "healthy", "unhealthy", "healthy", "unhealthy", "healthy", "gone", "unhealthy"]
    found = states([seen(t, answer=answer) for t, answer in enumerate(answers)])
    assert found == ["unknown", *["normal"] * 6, "failed"]


def test_a_failed_server_is_normal_again_after_a_row() -> None:
    """It has to be healthy so many times in a row."""
    samples = [seen(t, None, "gone") for t in range(2)] + [seen(2, 10), seen(3, 10)]
    assert states(samples) == ["unknown", "failed", "failed", "normal"]


@pytest.mark.parametrize(
    "doubtful",
    [
        {"answer": "unknown", "memory": 200.0},
        {"answer": "unknown", "memory": 1.0},
        {"memory": None},
    ],
)
def test_13_doubt_is_neither_healthy_nor_unstable(doubtful: dict[str, Any]) -> None:
    """A sample in doubt makes the state unknown, and neither continues nor ends a row."""
    samples = [seen(0), seen(1), seen(2, 100), seen(3, 100), seen(4, **doubtful), seen(5, 100)]
    assert states(samples) == ["unknown", "normal", "normal", "normal", "unknown", "unstable"]
    only = states([seen(t, **doubtful) for t in range(20)])
    assert set(only) == {"unknown"}


def test_13_a_sample_has_an_age_limit() -> None:
    """A sample that is too old leaves the state unknown until the next one, which is as before."""
    one = followed([seen(0), seen(1)])[-1]
    assert assess(one, None, 6.0, RULES).state == "normal"
    old = assess(one, None, 6.1, RULES)
    assert (old.state, old.evidence) == ("unknown", ("the newest sample is 5.1 s old",))
    assert assess(old, seen(7), 7.0, RULES).state == "normal"


def test_the_same_sample_counts_once() -> None:
    """Looking again at the same sample does not make a row."""
    one, sample = Assessment("s1"), seen(0, 100)
    for step in range(10):
        one = assess(one, sample if step % 2 else None if step else sample, 0.1 * step, RULES)
    assert one.bad == 1
    assert one.state == "unknown"


def test_a_restart_on_purpose_is_a_transition() -> None:
    """While it is being restarted nothing is held against a server, and rows begin anew afterwards."""
    one = followed([seen(t, 100) for t in range(3)])[-1]
    one = assess(one, seen(3, None, "gone"), 3.0, RULES, in_transition=True)
    one = assess(one, seen(4, None, "gone"), 4.0, RULES, in_transition=True)
    assert (one.state, one.since, one.failing) == ("in transition", 3.0, 0)
    one = assess(one, seen(5, 10), 5.0, RULES)
    assert one.state == "unknown"
    assert assess(one, seen(6, 10), 6.0, RULES).state == "normal"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"identity": Identity(7, 1.0)}, {"identity": Identity(7, 2.0)}),
        ({"identity": Identity(7, 1.0)}, {"identity": Identity(8, 1.0)}),
        ({"uptime": 500.0}, {"uptime": 0.5}),
    ],
)
def test_23_a_restart_by_somebody_else_is_noticed(old: dict[str, Any], new: dict[str, Any]) -> None:
    """Another process, or an uptime that began anew, is said once, and the rows begin anew."""
    one = followed([seen(t, 100, **old) for t in range(3)])[-1]
    assert one.state == "unstable"
    one = assess(one, seen(3, 10, **new), 3.0, RULES)
    assert one.restarted
    assert (one.state, one.since) == ("unknown", 3.0)
    same = {name: value + 1 if name == "uptime" else value for name, value in new.items()}
    one = assess(one, seen(4, 10, **same), 4.0, RULES)
    assert not one.restarted
    assert one.state == "normal"


def test_an_uptime_that_only_jumps_back_is_no_restart() -> None:
    """A process cannot be older than the time since it was seen last; such an uptime proves nothing."""
    found = followed([seen(0, uptime=500.0), seen(1, uptime=499.0), seen(2, uptime=503.0)])
    assert not any(one.restarted for one in found)


def test_the_evidence_names_every_limit_that_was_reached() -> None:
    """All limits that are reached stand in the evidence with value, limit and unit."""
    rules = Rules((Limit("memory", 4e6), Limit("uptime", 60), Limit("load", 0.9)), unstable_after=1)
    one = followed([seen(0, 4190210, uptime=60.0, load=0.1)], rules)[-1]
    assert one.state == "unstable"
    assert one.evidence == (
        "memory is 4.19 MB, the limit 4 MB",
        "uptime is 60 s, the limit 60 s",
    )


def test_without_limits_health_alone_counts() -> None:
    """A server without limits is never unstable."""
    assert set(states([seen(t, 1e18) for t in range(9)], Rules())[2:]) == {"normal"}


ANY = st.lists(
    st.tuples(
        st.sampled_from(["healthy", "unhealthy", "gone", "unknown"]),
        st.sampled_from([None, 10.0, 85.0, 100.0]),
        st.sampled_from([0.0, 1.0, 4.0, 9.0]),
    ),
    max_size=40,
)


@given(ANY)
def test_no_state_without_its_row(steps: list[tuple[str, float | None, float]]) -> None:
    """Whatever comes, unstable and failed need their rows of believed samples since the state was another."""
    one, at, row = Assessment("s1"), 0.0, {"bad": 0, "failing": 0}
    for answer, memory, pause in steps:
        at += pause
        sample, before = seen(at, memory, answer), one
        one = assess(one, sample, at, RULES)
        new = before.last is None or sample.at > before.last.at
        if new and answer != "unknown" and not (answer == "healthy" and memory is None):
            bad = answer == "healthy" and memory is not None and memory >= 100
            row["failing"] = 0 if answer == "healthy" else row["failing"] + 1
            row["bad"] = row["bad"] + 1 if bad else row["bad"] if answer != "healthy" else 0
        if one.state == "failed" and before.decided != "failed":
            assert row["failing"] >= RULES.failed_after
        if one.state == "unstable" and before.decided != "unstable":
            assert row["bad"] >= RULES.unstable_after
        assert one.evidence


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Limit("memry", 1),
        lambda: Limit("memory", 0),
        lambda: Limit("memory", float("nan")),
        lambda: Limit("memory", float("inf")),
        lambda: Limit("memory", 10, 11),
        lambda: Limit("memory", 10, -1),
        lambda: Limit("memory", 10, float("nan")),
        lambda: Rules((Limit("load", 1), Limit("load", 2))),
        lambda: Rules(unstable_after=0),
        lambda: Rules(normal_after=True),
        lambda: Rules(failed_after=1.5),  # type: ignore[arg-type]
        lambda: Rules(max_age=float("inf")),
    ],
)
def test_rules_that_cannot_be_are_refused(bad: Any) -> None:
    """A limit of nothing, two for one quantity, and rows of none are errors."""
    with pytest.raises(InvalidInputError):
        bad()


def test_the_lower_limit_is_nine_tenths() -> None:
    """Where no lower limit is given it is nine tenths of the upper."""
    assert Limit("memory", 100).lower == pytest.approx(90)
    assert Limit("memory", 100, 80).lower == 80
