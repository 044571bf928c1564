"""Replay: what the policy of a file would have done over recorded samples, when, and with what capacity.

The samples go through the collector, the producer and the controller of the runtime itself, with all gates
and the budget; only the servers and the balancer are simulated.
`rejuvmodel.runtime.foresight.recorded_course` says what is assumed of a server after a rejuvenation that was
not in the record, and `rejuvmodel.runtime.foresight.simulated_world` what of the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from random import Random
from typing import Any

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import described, whole
from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.foresight.journal_times import seconds_of, step_times
from rejuvmodel.runtime.foresight.recorded_course import RecordedCourse
from rejuvmodel.runtime.foresight.recorded_track import UNDONE, Undone
from rejuvmodel.runtime.foresight.replay_result import ReplayResult
from rejuvmodel.runtime.foresight.sample_records import SampleRecord, Samples, read_samples
from rejuvmodel.runtime.foresight.simulated_run import Run
from rejuvmodel.runtime.foresight.simulated_tally import Tally
from rejuvmodel.runtime.foresight.simulated_world import World


def replay(
    file: RuntimeFile | str | os.PathLike[str],
    samples: Samples | Iterable[SampleRecord] | str | os.PathLike[str],
    *,
    restart: object = None,
    drain: object = None,
    undone: Undone = "own",
    journal: Iterable[tuple[datetime, Record]] = (),
    seed: int = 1,
    every_tick: bool = False,
) -> ReplayResult:
    """Return what the policy of a runtime's file would have done.

    Parameters
    ----------
    file : RuntimeFile, str or path
        The runtime's file; any policy, thresholds, windows and limits.
    samples : Samples, iterable of SampleRecord, str or path
        Recorded samples, or their folder or file.
    restart, drain : duration, optional
        How long a restart takes until the server is healthy, and a drain; hours or text such as "20 s". The
        medians of the journal if left out, or else the deadlines of the file.
    undone : {"own", "all", "none"}
        Which restarts of the record are left out: those of the runtime itself, all, or none.
    journal : iterable of tuple, optional
        Records with their wall clocks, for the times of the steps.
    seed : int
        For delays that are drawn.
    every_tick : bool
        Whether each second is looked at, and not only the moments at which something can change.

    Returns
    -------
    ReplayResult
        Rejuvenations, times unstable, refusals, and how many servers served.

    Raises
    ------
    InvalidInputError
        If the file or a sample is not valid, the samples are not those of the group's servers, or there are
        too few.
    """
    if not isinstance(file, RuntimeFile):
        file = read_runtime_file(file)
    if isinstance(samples, str | os.PathLike):
        samples = read_samples(samples)
    if undone not in UNDONE:
        raise InvalidInputError("undone", shown(undone), f"one of {', '.join(UNDONE)} is expected", "")
    seed = whole("seed", seed, "a whole number of at least 0 is expected", minimum=0)
    names = [one.name for one in file.group.servers]
    records = _records(samples)
    if len({one.at for one in records}) < 2:
        rule = "samples of at least two moments are needed"
        raise InvalidInputError("samples", f"{len(records)} samples", rule, "Record some first.")
    course = RecordedCourse(records, names, file.rules, undone)
    assumed, notes = step_times(
        file.group, journal, restart=seconds_of("restart", restart), drain=seconds_of("drain", drain)
    )
    run = Run(
        file.group, file.producer, file.rules, World(file.group, course, assumed), course.start, Random(seed),
        tick=file.home.busy_tick, every_tick=every_tick,
    )  # fmt: skip
    tally = Tally(file.group.required)
    run.go(course.length, tally.take)
    policy = file.producer.policy
    if policy is not None and (policy.law.name != "fixed" or policy.jitter):
        notes.append(f"delays are drawn by the policy's law with seed {seed}: another seed gives other times")
    dropped = samples.dropped if isinstance(samples, Samples) else ()
    return ReplayResult.of(file.group, course, tally, (*notes, *course.notes, *dropped))


def _records(samples: Any) -> list[SampleRecord]:
    """The samples, each of them one."""
    records = list(samples) if isinstance(samples, Iterable) else [samples]
    for one in records:
        if not isinstance(one, SampleRecord):
            rule = "a folder, a file, or objects SampleRecord are expected"
            raise InvalidInputError("samples", described(one), rule, "Read them with read_samples.")
    return records
