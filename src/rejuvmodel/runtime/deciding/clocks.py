"""The clocks of the producer as they come to be within one call; never handed out."""

from __future__ import annotations

from collections.abc import Mapping

from rejuvmodel.runtime.deciding.producer_state import Episode
from rejuvmodel.runtime.deciding.records import DelayDrawn, EpisodeBegan, EpisodeEnded, Record
from rejuvmodel.runtime.deciding.views import Moment


class Clocks:
    """Clocks that run, with what has to be written down.

    Parameters
    ----------
    episodes : mapping of str to Episode
        Those that run.
    now : Moment
        When.
    drawn : mapping of str to float
        Delays [s] that were drawn for clocks since the last call.
    """

    def __init__(self, episodes: Mapping[str, Episode], now: Moment, drawn: Mapping[str, float]) -> None:
        self.episodes = dict(episodes)
        self.now = now
        self.records: list[Record] = []
        self.needs: list[str] = []
        self._drawn = drawn

    def mark(self, clock: str, new: str) -> str:
        """Return the mark of a running clock, or a new one."""
        found = self.episodes.get(clock)
        return new if found is None else found.mark

    def run(self, clock: str, mark: str) -> float:
        """Start a clock unless it runs already, and return since when it has run."""
        found = self.episodes.get(clock)
        if found is None or found.mark != mark:
            found = Episode(mark, self.now.clock, None)
            self.episodes[clock] = found
            self.records.append(EpisodeBegan(clock, mark))
        return found.since

    def delay(self, clock: str) -> float | None:
        """Return the delay [s] of a running clock; None while it has to be drawn."""
        found = self.episodes[clock]
        if found.delay is None:
            drawn = self._drawn.get(clock)
            if drawn is None or not drawn >= 0:
                self.needs.append(clock)
                return None
            found = Episode(found.mark, found.since, drawn)
            self.episodes[clock] = found
            self.records.append(DelayDrawn(clock, found.mark, drawn))
        return found.delay

    def stop(self, clock: str) -> None:
        """Stop a clock, if it runs."""
        if self.episodes.pop(clock, None) is not None:
            self.records.append(EpisodeEnded(clock))
