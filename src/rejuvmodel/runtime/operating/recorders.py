"""What is kept of each tick beside the journal: the log of samples, and the metrics. Nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.deciding.views import Moment
from rejuvmodel.runtime.foresight.sample_log import SampleLog
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.operating.metrics import Metrics
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.watching.sight import Sight


class Recorders:
    """The recorders that a file asks for.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    attention : Attention
        Where it is said that samples cannot be written, or metrics not be shown.

    Raises
    ------
    MissingPackageError
        If metrics are asked for and their package is not installed.
    """

    def __init__(self, file: RuntimeFile, attention: Attention) -> None:
        self._attention = attention
        kept, shown = file.sampling, file.metrics
        self._samples = None if kept is None else SampleLog(kept.directory, kept.every, kept.keep)
        self._metrics = None if shown is None else Metrics(shown.host, shown.port)
        self._one_machine = file.lease.type != "etcd"

    def note(
        self,
        sight: Sight,
        now: Moment,
        status: Callable[[], Mapping[str, Any]],
        records: Sequence[Record],
        seconds: float | None,
    ) -> None:
        """Keep what one tick has seen and done.

        Parameters
        ----------
        sight : Sight
            What was seen.
        now : Moment
            When.
        status : callable
            Returns the status document.
        records : sequence of Record
            What was written to the journal.
        seconds : float or None
            How long the decision took [s].
        """
        # Of two controllers the one that acts records: only it knows who is away on purpose.
        if self._samples is not None and seconds is not None:
            self._samples.note(sight.assessments, sight.view.servers, now)
            self._attention.problem("samples", self._samples.problem or None)
        if self._metrics is not None:
            self._metrics.update(status(), records=records, seconds=seconds)
            self._show(self._metrics, acts=seconds is not None)

    def _show(self, metrics: Metrics, *, acts: bool) -> None:
        """Listen; of two controllers on one machine, which have one address, the one that acts has it."""
        wrong = None
        if self._one_machine and not acts:
            metrics.close()
        else:
            try:
                metrics.open()
            except OutsideError as problem:
                wrong = str(problem)
        self._attention.problem("metrics", wrong if acts else None)

    def close(self) -> None:
        """Stop."""
        if self._metrics is not None:
            self._metrics.close()
