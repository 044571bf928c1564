"""Around the loop on real processes: policy, leaking servers behind HAProxy, journal, log, rates, policy."""

from __future__ import annotations

import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from kept import file_of, running
from rolling import world

import rejuvmodel as rj
from rejuvmodel.runtime.foresight.exporting import export_log
from rejuvmodel.runtime.foresight.planning import plan
from rejuvmodel.runtime.foresight.replaying import replay
from rejuvmodel.runtime.journal.journal_reading import journal_entries

POLICY = """
samples = "samples"
samples_every = "1 s"
[policy]
scope = "server"
clock = "unstable"
law = "exponential"
mean = "2 s"
[thresholds]
memory = 2e6
unstable_after = 1
normal_after = 1
"""


@pytest.mark.soak
def test_from_real_servers_to_the_next_policy(tmp_path: Path) -> None:
    """Servers that leak are rejuvenated; the journal tells rates, and replay and plan agree with what was."""
    random = Random(5)
    with world() as one:
        file = file_of(one, tmp_path, group=POLICY)
        end = time.monotonic() + 60
        with running(file) as runner:
            while time.monotonic() < end:
                port = random.choice(list(one.ports.values()))
                with suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/leak/400000", timeout=2).read()
                time.sleep(0.15)
            expected = plan(file, days=1 / 1440, journal=journal_entries(file)[0], status=runner.status())
    log = export_log(file)
    log.save(tmp_path / "log.csv")
    found = rj.estimate(tmp_path / "log.csv")
    assert found.restart.events >= 10
    assert 0.5 < 3600 / found.rejuvenation.rate < 4  # 2 s on average, while a place is free
    best = rj.optimize(
        rj.Pool(primaries=3, rates=found.rates_with(failure=1e-3, repair=1), slots=1),
        costs=rj.Costs(failure=1000, rejuvenation=1), bounds=(0, 3600),
    )  # fmt: skip
    assert best.rate > 0
    again = replay(file, tmp_path / "samples", journal=journal_entries(file)[0])
    # The same policy over what it has left behind: about as many, by the journal's times.
    assert sum(again.counts.values()) == pytest.approx(found.restart.events, rel=0.4)
    assert again.ours == pytest.approx(0, abs=0.1 / 3600)
    assert expected.expected == pytest.approx(found.restart.events, rel=0.6)  # in a minute like the last one
