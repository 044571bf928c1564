"""What an operator has to know: alarms that were raised, and problems for as long as they last.

An alarm stays until an operator resumes the group. A problem (a balancer that does not answer, a journal that
cannot be written) is said once when it begins and once when it is over, and stands in the status in between;
when it lasts somebody is called, as for an alarm.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_log = logging.getLogger(__name__)
#: How long a problem lasts before somebody is called [s]: a balancer that is reloaded is none.
LASTS = 10.0
#: Alarms that are kept.
_MOST = 100


@dataclass(frozen=True, slots=True)
class Loud:
    """One alarm.

    Parameters
    ----------
    at : datetime
        When it was raised.
    server : str
        The server; empty for the group.
    text : str
        What happened and what is needed.
    """

    at: datetime
    server: str
    text: str


class Attention:
    """Alarms and problems of one group.

    Parameters
    ----------
    group : str
        The group.
    """

    def __init__(self, group: str) -> None:
        self._group = group
        self._loud: deque[Loud] = deque(maxlen=_MOST)
        self._problems: dict[str, str] = {}
        self._begun: dict[str, float] = {}

    @property
    def loud(self) -> tuple[Loud, ...]:
        """The alarms, the oldest first."""
        return tuple(self._loud)

    @property
    def problems(self) -> Mapping[str, str]:
        """The problems that last, by what is concerned."""
        return dict(self._problems)

    @property
    def lines(self) -> tuple[str, ...]:
        """The same, a line each."""
        return tuple(f"{part}: {text}" for part, text in self._problems.items())

    def first(self, *parts: str) -> str | None:
        """Return what is wrong with the first of some parts.

        Parameters
        ----------
        *parts : str
            The parts.

        Returns
        -------
        str or None
            What is wrong; None if nothing is.
        """
        return next((self._problems[part] for part in parts if part in self._problems), None)

    def alarm(self, at: datetime, server: str, text: str) -> None:
        """Keep an alarm; whoever raises it writes it to the log.

        Parameters
        ----------
        at : datetime
            When.
        server, text : str
            The server and the words.
        """
        self._loud.append(Loud(at, server, text))

    def problem(self, part: str, text: str | None) -> None:
        """Say what is wrong with a part, or that nothing is any more.

        Parameters
        ----------
        part : str
            The part, such as "balancer".
        text : str or None
            What is wrong; None if nothing is.
        """
        fields = {"fields": {"group": self._group, "part": part}}
        if text is None:
            self._begun.pop(part, None)
            if self._problems.pop(part, None) is not None:
                _log.info("%s: %s is well again", self._group, part, extra=fields)
            return
        if part not in self._problems:
            _log.error("%s: %s: %s", self._group, part, text, extra=fields)
            self._begun[part] = time.monotonic()
        self._problems[part] = text

    def overdue(self) -> tuple[str, ...]:
        """Return the problems that have lasted for `LASTS` now; each is returned once.

        Returns
        -------
        tuple of str
            The parts.
        """
        now = time.monotonic()
        found = tuple(part for part, begun in self._begun.items() if now - begun >= LASTS)
        for part in found:
            del self._begun[part]
        return found

    def resolved(self) -> None:
        """Forget the alarms: an operator has seen to them."""
        self._loud.clear()
