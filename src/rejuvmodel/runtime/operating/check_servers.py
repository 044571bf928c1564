"""Servers looked at: whether each is healthy, and shows every value that something depends on."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from rejuvmodel.errors import RejuvmodelError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.findings import Finding, failure
from rejuvmodel.runtime.parts import executor_of, monitors_of
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.samples import Sample

#: Between two looks [s]: the load of a process is a difference.
_BETWEEN = 0.2
_AT_ONCE = 8
_ANSWERS = {
    "unhealthy": ("it says that it is not well", "Look at its log."),
    "gone": ("nothing runs, or nothing listens there", "Is it started, and the address right?"),
    "unknown": ("nobody says whether it is well", "Give it a health endpoint that answers."),
}


def server_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Look at every server as the runtime does: at its health, and at each value that something needs."""
    try:
        monitors = monitors_of(file, executor_of(file), every_value=True)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            samples = list(pool.map(_looked, monitors.values()))
    except RejuvmodelError as error:
        yield failure("server", "", error)
        return
    needed = _needed(file)
    for server, sample in zip(file.group.servers, samples, strict=True):
        if not server.health:
            text = "it has no health endpoint: nothing says that it is well, and it never counts as serving"
            yield Finding("server", server.name, "wrong", text, 'Add health = "http://...".')
            continue
        yield _health(server.name, sample)
        if sample.answer != "healthy":
            continue
        for quantity, why in needed.items():
            if sample.value(quantity) is None:
                text = f"it shows no {quantity}, which {why}"
                advice = f'Let its health body have "{quantity}", or give an executor that knows its process.'
                yield Finding("server", server.name, "wrong", text, advice)


def _looked(monitor: Monitor) -> Sample:
    """The second of two looks."""
    first = monitor.sample()
    if first.answer in ("gone", "unknown"):
        return first
    time.sleep(_BETWEEN)
    return monitor.sample()


def _needed(file: RuntimeFile) -> dict[str, str]:
    """The quantities that something depends on, and what."""
    gates = file.group.gates
    found = {limit.quantity: f"has a limit ({limit.unstable:g})" for limit in file.rules.limits}
    if file.group.by_capacity:
        found.setdefault("load", "its capacity is compared with")
    if gates.max_load < math.inf:
        found.setdefault("load", f"max_load ({gates.max_load:g}) is compared with")
    if gates.min_uptime > 0:
        found.setdefault("uptime", f"min_uptime ({gates.min_uptime:g} s) is compared with")
    return found


def _health(name: str, sample: Sample) -> Finding:
    """What its own health check says."""
    values = {quantity: sample.value(quantity) for quantity in ("load", "uptime", "memory", "buffers")}
    shown = ", ".join(f"{quantity} {value:.4g}" for quantity, value in values.items() if value is not None)
    if sample.answer == "healthy":
        return Finding("server", name, "good", f"it is healthy ({shown or 'no values'})")
    text, advice = _ANSWERS[sample.answer]
    doubts = f" ({'; '.join(sample.doubts)})" if sample.doubts else ""
    return Finding("server", name, "wrong", f"{text}{doubts}", advice)
