"""The table [trigger] of a cluster file, and what the commands say of a cluster with a trigger."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest
from command_line import document, refused, run, said

import rejuvmodel as rj
from rejuvmodel.plotting import plot_period

GARG = """
[cluster]
servers = 1
[mean_times]
aging = "10 d"
failure = "90 d"
repair = "30 min"
restart = "1 min"
[trigger]
law = "fixed"
clock = "service"
[optimize]
rejuvenate_after = ["1 h", "5000 h"]
"""


@pytest.fixture(autouse=True)
def _in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(trigger: str = 'law = "fixed"\nclock = "service"', **changes: str) -> str:
    """The file of Garg's model with another table [trigger], and other words."""
    text = GARG.replace('law = "fixed"\nclock = "service"', trigger)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    Path("x.toml").write_text(text, encoding="utf-8")
    return "x.toml"


@pytest.mark.parametrize(
    ("table", "law"),
    [
        ('law = "exponential"\nmean = "14 d"', rj.Exponential(336)),
        ('law = "fixed"\ndelay = 300', rj.Fixed(300)),
        ('law = "erlang"\nk = 5\nmean = "12 d"', rj.Erlang(5, 288)),
        ('law = "uniform"\nlo = "200 h"\nhi = "400 h"', rj.Uniform(200, 400)),
        (
            'law = "hyperexponential"\nprobabilities = [0.5, 0.5]\nmeans = [100, "300 h"]',
            rj.Hyperexponential([0.5, 0.5], [100, 300]),
        ),
        ('law = "empirical"\nsamples = [250, 300.5, "350 h"]', rj.Empirical([250, 300.5, 350])),
        ('law = "fixed"\ndelay = "never"', rj.Fixed(inf)),
        ('law = "fixed"\ndelay = ["1 d", 300]', rj.Fixed([24, 300])),
    ],
)
@pytest.mark.parametrize("clock", ["unstable", "service"])
def test_every_law_is_read(table: str, law: object, clock: str) -> None:
    """Each law has the keys of its class, and the clock is read."""
    file = rj.read_cluster_file(written(f'{table}\nclock = "{clock}"'))
    assert file.cluster.trigger == rj.Trigger(law, clock)
    assert not file.is_open
    assert file.bounds == file.waits == (1, 5000)


def test_a_law_without_its_mean_is_optimised() -> None:
    """Garg's file gives the best fixed delay of 278.15 h by every command."""
    found = document("optimize", written())
    assert found["period"] == pytest.approx(278.150731, rel=1e-9)
    assert found["trigger"] == {"clock": "service", "law": {"name": "fixed", "delay": found["period"]}}
    assert (found["location"], found["bounds"], found["agreement"]) == ("interior", [1, 5000], None)
    solved = document("solve", "x.toml")
    assert solved["unavailability"] == pytest.approx(1.49814716157e-4, rel=1e-11)
    assert solved["rejuvenation_from"] == "optimum"


def test_a_shape_is_stretched_on_request() -> None:
    """With stretch = true a uniform law gives the shape alone."""
    path = written('law = "uniform"\nlo = 1\nhi = 3\nclock = "service"\nstretch = true')
    best = document("optimize", path)
    law = document("solve", path)["trigger"]["law"]
    assert law["hi"] == pytest.approx(3 * law["lo"], rel=1e-12)
    assert (law["lo"] + law["hi"]) / 2 == pytest.approx(best["period"], rel=1e-12)


def test_each_point_of_a_grid_has_its_own_best_delay() -> None:
    """A grid of restarts without a delay is solved at the best delay of each point."""
    found = document("solve", written(**{'restart = "1 min"': 'restart = ["1 min", "30 s"]'}))
    single = document("optimize", written(**{'restart = "1 min"': 'restart = "30 s"'}))
    assert found["trigger"]["law"]["delay"][1] == pytest.approx(single["period"], rel=1e-10)
    assert found["unavailability"][1] == pytest.approx(single["value"], rel=1e-12)


def test_words_of_the_report() -> None:
    """The report names the clock, says a fixed delay has no mean, and tells why nothing was compared."""
    text = said("optimize", written())
    for words in (
        "Best wait after entering a normal state: 11.59 d.",
        "fixed, service",
        "a delay without exponential phases has no Markov chain",
        "Location: interior, between the waits searched.",
    ):
        assert words in text
    assert "every" not in text
    text = said("optimize", written('law = "erlang"\nk = 3\nclock = "unstable"'))
    assert "mean wait after becoming unstable" in text
    assert "closed form and GTH agree" in text


def test_no_delay_is_worth_having() -> None:
    """With a restart of ten minutes the report says that never is better than any delay searched."""
    text = said("optimize", written(**{'restart = "1 min"': 'restart = "10 min"'}))
    assert "Location: upper bound, the longest wait searched." in text
    assert "never rejuvenating is better still" in text
    assert "Break-even: none, never rejuvenating is better than every wait searched." in text
    assert "a restart rate above 20 per hour" in text


def test_a_break_even_is_against_the_longest_wait_searched() -> None:
    """With finite bounds the break-even compares with the longest wait, in the report and in the plot."""
    slow = written(
        'law = "fixed"\nclock = "unstable"',
        **{
            "servers = 1": "servers = 2",
            'restart = "1 min"': 'restart = "2 h"',
            '"1 h", "5000 h"': '0, "2000 h"',
        },
    )
    text = said("optimize", slow)
    assert "are better than the longest searched." in text
    assert "pays only" not in text
    file = rj.read_cluster_file(slow)
    labels = plot_period(file.cluster, bounds=file.bounds).get_legend_handles_labels()[1]
    assert any(label.startswith("better than the longest delay only below") for label in labels)


@pytest.mark.parametrize(
    ("trigger", "message"),
    [
        ('clock = "service"', "trigger.law in x.toml: got nothing"),
        ('law = "fixed"', "trigger.clock in x.toml: got nothing"),
        ('law = "fixd"\nclock = "service"', 'Did you mean "fixed"?'),
        ('law = "fixed"\nclock = "servis"', 'Did you mean "service"?'),
        ('law = "fixed"\nclock = "service"\ndelay = "-3 h"', "trigger.delay in x.toml"),
        ('law = "fixed"\nclock = "service"\ndelay = true', "trigger.delay in x.toml"),
        ('law = "fixed"\nclock = "service"\nmean = 3', "trigger.mean in x.toml: got an unknown key"),
        ('law = "erlang"\nclock = "service"', "trigger.k in x.toml: got nothing"),
        ('law = "erlang"\nk = 0\nclock = "service"', "trigger.k in x.toml: got 0"),
        ('law = "erlang"\nk = 2.5\nclock = "service"', "trigger.k in x.toml: got 2.5"),
        ('law = "uniform"\nlo = 3\nhi = 2\nclock = "service"', "trigger.lo in x.toml: got 3"),
        ('law = "empirical"\nsamples = []\nclock = "service"', "trigger.samples in x.toml"),
        ('law = "hyperexponential"\nprobabilities = [1]\nclock = "service"', "trigger.means in x.toml"),
    ],
)
def test_bad_tables_are_refused(trigger: str, message: str) -> None:
    """A missing, unknown or wrong key of [trigger] is an error that names it and the file."""
    assert message in refused("solve", written(trigger))


def test_a_wait_beside_a_trigger_is_refused() -> None:
    """A file has at most one of rejuvenate_after and [trigger]."""
    message = refused("solve", written(**{"[trigger]": 'rejuvenate_after = "3 d"\n[trigger]'}))
    assert message.startswith("mean_times.rejuvenate_after and trigger in x.toml: got both")


def test_a_check_of_a_fixed_delay_says_what_to_do() -> None:
    """The roads cannot be compared for a fixed delay; the error says why, and what to use."""
    message = refused("check", written())
    assert "only a law in exponential phases has a Markov chain" in message
    assert document("check", written('law = "erlang"\nk = 4\nclock = "service"'))["agree"] is True


@pytest.mark.parametrize("clock", ["unstable", "service"])
def test_a_plot_of_the_delay(clock: str) -> None:
    """`plot` draws the objective against the delay, beside the bars of the states."""
    assert run("plot", written(f'law = "fixed"\nclock = "{clock}"'), "-o", "a.svg").exit_code == 0
    assert Path("a.svg").read_bytes().startswith(b"<?xml")
