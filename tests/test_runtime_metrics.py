"""The endpoint for Prometheus, asked over HTTP and read by its own parser."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from rejuvmodel.runtime.deciding.records import Entered, RestartBegan
from rejuvmodel.runtime.operating.metrics import Metrics
from rejuvmodel.runtime.outside.failures import OutsideError


def status(**changes: Any) -> dict[str, Any]:
    """A status document of a group of two."""
    server = {
        "name": "s1", "role": "primary", "phase": "serving", "since": "2026-03-01T12:00:00+00:00",
        "condition": "normal", "evidence": "", "health": "healthy", "up": True, "admission": "ready",
        "sessions": 3, "load": 0.25, "uptime": 60.0, "memory": 5e8, "identity": "7@1.5", "due": None,
        "refusal": None,
    }  # fmt: skip
    other = server | {"name": "s2", "phase": "watched", "condition": "unstable", "up": None, "load": None}
    other["refusal"] = {"reason": "outside the windows", "text": "it is 12:00"}
    return {
        "schema": 1, "group": "web", "mode": "active/active", "at": "2026-03-01T12:00:00+00:00",
        "acting": True, "holder": "host:7", "epoch": 4, "dry_run": False, "stopping": False, "paused": False,
        "halted": "", "required": 1, "serving": 2, "away": 0, "max_concurrent": 1, "roll": [],
        "loud": [{"at": "2026-03-01T11:00:00+00:00", "server": "s1", "text": "not drained in time"}],
        "problems": [], "dropped": [], "servers": [server, other],
    } | changes  # fmt: skip


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    with Metrics("127.0.0.1", 0) as opened:
        yield opened


def asked(metrics: Metrics) -> dict[str, float]:
    """Return every value by its name and labels but that of the group."""
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        text = answer.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            assert sample.labels["group"] == "web"
            labels = ",".join(value for key, value in sorted(sample.labels.items()) if key != "group")
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_group_and_servers_are_shown(metrics: Metrics) -> None:
    """Every number of the status document is there, and what is unknown is absent."""
    metrics.update(status(), seconds=0.002)
    found = asked(metrics)
    assert found["rejuvmodel_serving{}"] == 2
    assert found["rejuvmodel_required{}"] == 1
    assert found["rejuvmodel_acting{}"] == 1
    assert found["rejuvmodel_epoch{}"] == 4
    assert found["rejuvmodel_halted{}"] == 0
    assert found["rejuvmodel_server_phase{watched,s2}"] == 1
    assert found["rejuvmodel_server_phase{serving,s2}"] == 0
    assert found["rejuvmodel_server_condition{unstable,s2}"] == 1
    assert found["rejuvmodel_server_up{s1}"] == 1
    assert "rejuvmodel_server_up{s2}" not in found
    assert found["rejuvmodel_server_memory{s1}"] == 5e8
    assert "rejuvmodel_server_load{s2}" not in found
    assert found["rejuvmodel_loud_total{}"] == 1
    assert found["rejuvmodel_decision_seconds_count{}"] == 1
    assert found["rejuvmodel_decision_seconds_bucket{0.001}"] == 0
    assert found["rejuvmodel_decision_seconds_bucket{0.005}"] == 1


def test_rejuvenation_counts_when_the_server_is_back(metrics: Metrics) -> None:
    """A restart counts once its server serves again; a recovery is counted as such, not as a rejuvenation."""
    metrics.update(status(), records=[RestartBegan("s1", "7@1.5")])
    assert asked(metrics)["rejuvmodel_rejuvenations_total{s1}"] == 0
    metrics.update(status(), records=[Entered("s1", "serving", "primary", "a plain UP")])
    found = asked(metrics)
    assert found["rejuvmodel_rejuvenations_total{s1}"] == 1
    assert found["rejuvmodel_last_rejuvenation_timestamp_seconds{s1}"] == 1772366400
    fault = [
        Entered("s2", "failed", "primary", "fault detected"),
        Entered("s2", "recovering", "primary", "taken off the list"), RestartBegan("s2", None),
        Entered("s2", "serving", "primary", "a plain UP"),
    ]  # fmt: skip
    metrics.update(status(), records=fault)
    found = asked(metrics)
    assert found["rejuvmodel_rejuvenations_total{s2}"] == 0
    assert found["rejuvmodel_recoveries_total{s2}"] == found["rejuvmodel_faults_total{s2}"] == 1


def test_refusal_counts_once_while_it_stands(metrics: Metrics) -> None:
    """A server that waits for a window through many ticks counts as one refusal, and again after it began."""
    for _ in range(3):
        metrics.update(status())
    key = "rejuvmodel_refusals_total{outside the windows,s2}"
    assert asked(metrics)[key] == 1
    metrics.update(status(servers=[]))
    metrics.update(status())
    assert asked(metrics)[key] == 2


def test_address_in_use_is_said() -> None:
    """An address on which somebody listens already is an error that names it and the key."""
    with Metrics("127.0.0.1", 0) as first, pytest.raises(OutsideError, match=r"\[metrics\] address"):
        Metrics("127.0.0.1", first.port).open()


def test_what_was_counted_stays(metrics: Metrics) -> None:
    """An endpoint that is closed and opened again, twice over, has the same address and goes on counting."""
    metrics.update(status())
    for _ in range(2):
        metrics.close()
    with pytest.raises(urllib.error.URLError):
        asked(metrics)
    for _ in range(2):
        metrics.open()
    assert asked(metrics)["rejuvmodel_loud_total{}"] == 1


def test_package_is_loaded_on_first_use_and_light() -> None:
    """Importing the room loads no package of the extra; an open endpoint takes less than 20 MB."""
    program = """
import resource, sys
import rejuvmodel.runtime.operating.metrics as room, rejuvmodel.runtime.config.runtime_file
assert "prometheus_client" not in sys.modules and "numpy" not in sys.modules
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with room.Metrics("127.0.0.1", 0):
    pass
assert "numpy" not in sys.modules
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 20 * 1024
