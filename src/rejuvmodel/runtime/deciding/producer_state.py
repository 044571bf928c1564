"""What the producer remembers: the clocks that run, the slots of cron that have fired, the trends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from rejuvmodel.runtime.deciding.trend import TrendState

#: Slots of cron remembered.
_MOST_SLOTS = 100


@dataclass(frozen=True, slots=True)
class Episode:
    """One run of a clock.

    Parameters
    ----------
    mark : str
        The life of the server in which it began: another life is another episode.
    since : float
        When [s] it began.
    delay : float or None
        The delay [s], drawn once; None until it is drawn.
    """

    mark: str
    since: float
    delay: float | None


@dataclass(frozen=True, slots=True)
class ProducerState:
    """What the producer remembers.

    Parameters
    ----------
    episodes : mapping of str to Episode
        By the names of the clocks: "unstable:s1", "service:s1", "trend:s1", and with nothing behind the
        colon for the cluster's clock.
    looked : datetime or None
        When cron was last looked at.
    fired : tuple of str
        The last slots that have fired, in UTC.
    trends : mapping of str to TrendState
        What is remembered of the servers' memory; in no journal.
    """

    episodes: Mapping[str, Episode] = field(default_factory=dict)
    looked: datetime | None = None
    fired: tuple[str, ...] = ()
    trends: Mapping[str, TrendState] = field(default_factory=dict)

    def with_slot(self, slot: str) -> ProducerState:
        """Return the same after one more slot of cron has fired."""
        return replace(self, fired=(*self.fired, slot)[-_MOST_SLOTS:])
